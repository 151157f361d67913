"""The parameters of Twilio's webhooks and their signature. https://www.twilio.com/docs/usage/security"""

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from urllib.parse import quote_plus

from sandbox.carrier.resources import API
from sandbox.carrier.text import Text


def status_callback_form(text: Text, account: str, status: str, error: int | None) -> dict[str, str]:
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
        "NumMedia": str(text.media),
        "NumSegments": str(text.parts),
        "SmsMessageSid": text.sid,
        "SmsSid": text.sid,
        "SmsStatus": "received",
        "To": text.to,
        **{f"MediaContentType{number}": "image/jpeg" for number in range(text.media)},
    }


def encoded(form: Mapping[str, str]) -> bytes:
    """A form as a request body. Most values need no quoting, which is the slow part."""

    def quoted(value: str) -> str:
        return value if value.isascii() and value.isalnum() else quote_plus(value)

    return "&".join(f"{name}={quoted(value)}" for name, value in form.items()).encode()


def signature(token: bytes, url: str, form: Iterable[tuple[str, str]]) -> str:
    """X-Twilio-Signature: HMAC-SHA1 over the exact address and the sorted parameters."""
    signed = url + "".join(f"{name}{value}" for name, value in sorted(form))
    return base64.b64encode(hmac.new(token, signed.encode(), hashlib.sha1).digest()).decode()
