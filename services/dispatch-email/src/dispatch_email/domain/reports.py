"""What a message to the bounce address says: RFC 3464 delivery reports, RFC 5965 complaints, and the odd ones.

Reads any bytes at all and never trusts an identity in them: whose delivery it is, the address it came to tells.
"""

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from enum import StrEnum
from itertools import islice

from flufl.bounce import all_failures

MALFORMED = (ValueError, LookupError, TypeError, AttributeError, RecursionError)
"""What the standard library's parser and flufl.bounce raise on mail that follows no standard."""
_READ_BYTES, _MOST_PARTS = 128_000, 30
"""What a report says comes first, the returned message last. A megabyte of nothing but parts or parameters would take
flufl.bounce and the standard library 40 s (measured)."""
UNKNOWN_FAILURE = "5.0.0"
_STATUS = re.compile(r"([245]\.\d{1,3}\.\d{1,3})")
_NAMED_STATUS = re.compile(r"#(5\.\d{1,3}\.\d{1,3})\b")
"""As qmail and its kin write it at the end of a sentence: (#5.1.1)."""
_ADDRESS = re.compile(r"<?([^\s<>;,@]+@[^\s<>;,]+)>?")

logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)
"""It logs a traceback, with what a stranger wrote, for everything it stumbles over."""


class Kind(StrEnum):
    """What a report means."""

    FAILED = "failed"
    DELIVERED = "delivered"
    COMPLAINT = "complaint"
    PASSING = "passing"
    """Delayed, relayed or expanded: nothing has ended."""
    AUTO_REPLY = "auto_reply"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Report:
    """What is known of a bounce: `status` as in RFC 3463, `return_path` as the complaint tells it (not proven)."""

    kind: Kind
    status: str = ""
    return_path: str = ""


def read(raw: bytes) -> Report:
    """Read a message, whatever it is."""
    try:
        message = message_from_bytes(raw[:_READ_BYTES])
        return _report(message) or _odd(raw[:_READ_BYTES], message)
    except MALFORMED:
        return Report(Kind.UNKNOWN)


def _report(message: Message) -> Report | None:
    parts = {part.get_content_type(): part for part in message.walk()}
    if "message/feedback-report" in parts:
        return _complaint(parts["message/feedback-report"])
    if "message/delivery-status" in parts:
        return _delivery(parts["message/delivery-status"])
    return None


def _delivery(part: Message) -> Report:
    """One report may speak of several addresses: reached at one is reached, failed at one is failed."""
    seen = {_word(_field(group, "action")): _status(_field(group, "status")) for group in _groups(part)}
    if "delivered" in seen:
        return Report(Kind.DELIVERED, seen["delivered"])
    if "failed" in seen:
        return Report(Kind.FAILED, seen["failed"] or UNKNOWN_FAILURE)
    passing = {"delayed", "relayed", "expanded"} & seen.keys()
    return Report(Kind.PASSING if passing else Kind.UNKNOWN)


def _complaint(part: Message) -> Report:
    group = next(_groups(part), Message())
    found = _ADDRESS.search(_field(group, "original-mail-from"))
    kind = _field(group, "feedback-type").lower()
    complains = kind in {"abuse", "fraud", "opt-out", "opt-out-list", "other"}
    return Report(Kind.COMPLAINT if complains else Kind.PASSING, kind, found[1] if found else "")


def _odd(raw: bytes, message: Message) -> Report:
    """Not a report by any standard. A failure that might only pass is no end."""
    few = sum(1 for _ in islice(message.walk(), _MOST_PARTS + 1)) <= _MOST_PARTS
    passing, lasting = all_failures(message) if few else ((), ())
    named = set(_NAMED_STATUS.findall(raw.decode("ascii", "replace")))
    if passing and not lasting:
        return Report(Kind.PASSING)
    if lasting or len(named) == 1:
        return Report(Kind.FAILED, named.pop() if len(named) == 1 else UNKNOWN_FAILURE)
    replied = _field(message, "auto-submitted").lower().startswith("auto-replied") or "x-autoreply" in message
    return Report(Kind.AUTO_REPLY if replied else Kind.UNKNOWN)


def _groups(part: Message) -> Iterator[Message]:
    """The header groups of a message/delivery-status or feedback-report part, however the parser kept them."""
    payload = part.get_payload()
    if isinstance(payload, list):
        yield from (group for group in payload if isinstance(group, Message))
    elif isinstance(payload, str):
        yield from (message_from_bytes(text.encode()) for text in payload.split("\n\n") if text.strip())


def _field(group: Message, name: str) -> str:
    return str(group.get(name, "")).strip()


def _word(text: str) -> str:
    return (text.lower().split() or [""])[0]


def _status(text: str) -> str:
    found = _STATUS.search(text)
    return found[1] if found else ""
