"""What an answer that is not a message means for an attempt."""

import orjson
from dispatch.provider import InDoubt, NotSent, Outcome, Rejected
from dispatch_sms.domain.codes import meaning

TOO_MANY_REQUESTS = 429


def after_refusal(status: int, code: str, retry_after: float) -> Outcome:
    """Only a 429 was certainly not processed; a 4xx with Twilio's own code is its word; the rest proves nothing.

    Twilio's documentation of 5xx answers: the request may have been processed.
    """
    if status == TOO_MANY_REQUESTS:
        return NotSent(why="too_many_requests", retry_after=retry_after, lower_rate=True)
    if 400 <= status < 500 and code:
        said = meaning(code)
        return Rejected(code, reason=said.reason, address_bad=said.address_bad, opted_out=said.opted_out)
    return InDoubt(f"http_{status}")


def provider_code(body: str) -> str:
    """Twilio's five digits from an error body; empty when it is not Twilio that speaks (a proxy's page, say)."""
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError:
        return ""
    code = said.get("code") if isinstance(said, dict) else None
    return str(code) if isinstance(code, int) and 10_000 <= code <= 99_999 else ""
