"""Twilio's own shapes: message resources, pages, errors, signatures, TwiML."""

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs, quote_plus
from xml.etree import ElementTree

from sandbox.texts import Text

API = "2010-04-01"
_MORE = "https://www.twilio.com/docs/errors/"
REFUSALS = {
    20003: (401, "Authenticate"),
    20404: (404, "The requested resource was not found"),
    20429: (429, "Too Many Requests"),
    20500: (500, "Internal Server Error"),
    20503: (503, "Service Unavailable"),
    20001: (400, "Invalid parameter"),
    21211: (400, "Invalid 'To' Phone Number"),
    21212: (400, "Invalid From Number (caller ID)"),
    21408: (400, "Permission to send an SMS has not been enabled for the region indicated by the 'To' number"),
    21602: (400, "Message body is required."),
    21603: (400, "A 'From' or 'MessagingServiceSid' parameter is required to send a message."),
    21604: (400, "A 'To' phone number is required."),
    21609: (400, "Invalid 'StatusCallback' URL"),
    21610: (400, "Attempt to send to unsubscribed recipient"),
    21612: (400, "The 'To' phone number is not currently reachable via SMS"),
    21614: (400, "'To' number is not a valid mobile number"),
    21617: (400, "The concatenated message body exceeds the 1600 character limit"),
    21620: (400, "Invalid value for 'ValidityPeriod'"),
}
UNDELIVERED = {
    30003: "Unreachable destination handset",
    30004: "Message blocked",
    30005: "Unknown destination handset",
    30006: "Landline or unreachable carrier",
    30007: "Message filtered",
    30008: "Unknown error",
    30036: "Validity Period Expired",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back over HTTP."""

    status: int
    body: dict[str, Any] | None
    headers: dict[str, str] = field(default_factory=dict)


def refusal(code: int, *, status: int | None = None, headers: dict[str, str] | None = None) -> Answer:
    """A Twilio error body."""
    usual, message = REFUSALS[code]
    body = {"code": code, "message": message, "more_info": f"{_MORE}{code}", "status": status or usual}
    return Answer(status or usual, body, headers or {})


def resource(text: Text, account: str, *, body: str | None = None) -> dict[str, Any]:
    """A message as Twilio shows it."""
    uri = f"/{API}/Accounts/{account}/Messages/{text.sid}"
    return {
        "account_sid": account,
        "api_version": API,
        "body": text.body if body is None else body,
        "date_created": _rfc2822(text.created),
        "date_sent": _rfc2822(text.sent) if text.sent else None,
        "date_updated": _rfc2822(text.updated),
        "direction": text.direction,
        "error_code": text.error,
        "error_message": UNDELIVERED.get(text.error, "Unknown error") if text.error else None,
        "from": text.sender,
        "messaging_service_sid": text.service,
        "num_media": "0",
        "num_segments": str(text.parts),
        "price": None,
        "price_unit": "GBP",
        "sid": text.sid,
        "status": text.status,
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": text.to,
        "uri": f"{uri}.json",
    }


def page(
    messages: Sequence[dict[str, Any]], *, path: str, number: int, size: int, following: str | None
) -> dict[str, Any]:
    """A page of messages; `following` is the next page's query, if there is one."""
    return {
        "end": number * size + max(0, len(messages) - 1),
        "first_page_uri": f"{path}?PageSize={size}&Page=0",
        "messages": list(messages),
        "next_page_uri": f"{path}?{following}" if following else None,
        "page": number,
        "page_size": size,
        "previous_page_uri": None,
        "start": number * size,
        "uri": f"{path}?PageSize={size}&Page={number}",
    }


def receipt_form(text: Text, account: str, status: str, error: int | None) -> dict[str, str]:
    """The parameters of a status callback."""
    form = {
        "AccountSid": account,
        "ApiVersion": API,
        "MessageSid": text.sid,
        "MessageStatus": status,
        "SmsSid": text.sid,
        "SmsStatus": status,
        "To": text.to,
    }
    if text.sender:
        form["From"] = text.sender
    if text.service:
        form["MessagingServiceSid"] = text.service
    if error:
        form["ErrorCode"] = str(error)
    if status in {"delivered", "undelivered"}:
        form["RawDlrDoneDate"] = datetime.now(UTC).strftime("%y%m%d%H%M")
    return form


def inbound_form(text: Text, account: str, body: str) -> dict[str, str]:
    """The parameters of an inbound text's webhook."""
    return {
        "AccountSid": account,
        "ApiVersion": API,
        "Body": body,
        "From": text.sender or "",
        "MessageSid": text.sid,
        "NumMedia": "0",
        "NumSegments": str(text.parts),
        "SmsMessageSid": text.sid,
        "SmsSid": text.sid,
        "SmsStatus": "received",
        "To": text.to,
    }


def encoded(form: Mapping[str, str]) -> bytes:
    """A form as a body. Most values need no quoting, and quoting is what costs."""

    def quoted(value: str) -> str:
        return value if value.isascii() and value.isalnum() else quote_plus(value)

    return "&".join(f"{name}={quoted(value)}" for name, value in form.items()).encode()


def signature(token: bytes, url: str, form: Iterable[tuple[str, str]]) -> str:
    """X-Twilio-Signature: HMAC-SHA1 over the exact address and the sorted parameters."""
    signed = url + "".join(f"{name}{value}" for name, value in sorted(form))
    return base64.b64encode(hmac.new(token, signed.encode(), hashlib.sha1).digest()).decode()


@dataclass(frozen=True, slots=True)
class Overrides:
    """Connection overrides from a webhook address's fragment, with Twilio's defaults. Times in seconds."""

    address: str
    retries: int = 1
    policy: frozenset[str] = frozenset({"ct"})
    connect: float = 5.0
    read: float = 15.0
    total: float = 15.0


def overrides(url: str) -> Overrides:
    """Read `#rc=5&rp=all`; the fragment itself is never sent nor signed."""
    address, _, fragment = url.partition("#")
    return replace(_settings(fragment), address=address)


@lru_cache(maxsize=64)
def _settings(fragment: str) -> Overrides:
    given = {name: values[-1] for name, values in parse_qs(fragment).items()}
    policy = frozenset(given.get("rp", "ct").split(","))
    return Overrides(
        address="",
        retries=int(_bounded(given.get("rc"), 1, 0, 5)),
        policy=frozenset({"4xx", "5xx", "ct", "rt"}) if "all" in policy else policy,
        connect=_bounded(given.get("ct"), 5000, 100, 10000) / 1000,
        read=_bounded(given.get("rt"), 15000, 100, 15000) / 1000,
        total=_bounded(given.get("tt"), 15000, 100, 15000) / 1000,
    )


def twiml_messages(document: bytes) -> list[str]:
    """The texts of a TwiML answer; nothing for an empty or unreadable one."""
    try:
        root = ElementTree.fromstring(document)  # noqa: S314 - from our own dispatcher, bounded by the reader
    except ElementTree.ParseError:
        return []
    texts = []
    for message in root.findall("Message"):
        bodies = ["".join(body.itertext()) for body in message.findall("Body")]
        texts.append("".join(bodies) if bodies else "".join(message.itertext()))
    return [text.strip() for text in texts if text.strip()]


def _bounded(given: str | None, default: int, low: int, high: int) -> float:
    value = int(given) if given and given.isdecimal() else default
    return min(max(value, low), high)


def _rfc2822(moment: float) -> str:
    return format_datetime(datetime.fromtimestamp(int(moment), UTC))
