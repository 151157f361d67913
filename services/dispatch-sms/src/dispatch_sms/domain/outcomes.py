"""What an answer that is not a message means for an attempt."""

import orjson
from dispatch.provider import InDoubt, NotSent, Outcome, Rejected
from dispatch.sending.backoff import seconds_to_wait
from dispatch_sms.domain.codes import Meaning, Mends, meaning

UNAUTHORIZED, FORBIDDEN, TOO_MANY_REQUESTS = 401, 403, 429


def after_refusal(status: int, code: str, *, retry_after: float, first_wait: float, tries: int) -> Outcome:
    """A 429 or a 401 was certainly not processed; a 4xx with Twilio's own code is its word; the rest proves nothing.

    Twilio's documentation of 5xx answers: the request may have been processed. RFC 9110 15.5.2 on 401: it has not been
    applied. What somebody of ours must mend waits, with an alarm, and is never held against the member.
    """
    if status == TOO_MANY_REQUESTS:
        return NotSent(why="too_many_requests", retry_after=retry_after, lower_rate=True)
    said = meaning(code)
    if status == UNAUTHORIZED or (code and (status == FORBIDDEN or _to_be_mended(status, said))):
        return _put_off(status, said, first_wait, tries)
    if 400 <= status < 500 and code:
        return Rejected(code, reason=said.reason, address_bad=said.address_bad, opted_out=said.opted_out)
    return InDoubt(f"http_{status}")


def _to_be_mended(status: int, said: Meaning) -> bool:
    return 400 <= status < 500 and said.mends is not Mends.NOBODY


def _put_off(status: int, said: Meaning, first_wait: float, tries: int) -> NotSent:
    """A fault of the account holds everybody back, so that thousands of messages do not each try it."""
    why = said.reason if said.mends is not Mends.NOBODY else f"http_{status}"
    if said.mends is Mends.SENDER:
        return NotSent(why, retry_after=seconds_to_wait(first_wait, tries), alarm=True)
    of_sender = said.mends is Mends.QUEUE
    return NotSent(why, retry_after=first_wait, lower_rate=True, alarm=True, of_sender=of_sender)


def provider_code(body: str) -> str:
    """Twilio's five digits from an error body; empty when it is not Twilio that speaks (a proxy's page, say)."""
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError:
        return ""
    code = said.get("code") if isinstance(said, dict) else None
    return str(code) if isinstance(code, int) and 10_000 <= code <= 99_999 else ""
