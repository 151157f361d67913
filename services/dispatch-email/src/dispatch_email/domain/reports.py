"""What a message to the bounce address says: RFC 3464 delivery reports, RFC 5965 complaints, and the odd ones.

Reads any bytes at all and never trusts an identity in them: the address that it came to says whose delivery it is. The
enhanced status and the words are read together; flufl.bounce looks wherever our own reader is not sure.
"""

import logging
import re
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from enum import StrEnum
from itertools import islice

from dispatch_email.domain.fault import Fault, whose
from dispatch_email.domain.fault_words import plain
from dispatch_email.domain.report_parts import (
    MOST_PARTS,
    by_machine,
    by_rule,
    explanation,
    field,
    groups,
    server_words,
    subject,
)
from flufl.bounce import all_failures

MALFORMED = (ValueError, LookupError, TypeError, AttributeError, RecursionError)
"""What the standard library's parser and flufl.bounce raise on mail that follows no standard."""
READ_BYTES = 128_000
"""What a report says comes first, the returned message last. A megabyte of nothing but parts or parameters would take
flufl.bounce and the standard library 40 s, 120,000 empty lines 5 s (measured)."""
_MOST_LINES = 5_000
UNKNOWN_FAILURE = "5.0.0"
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_NAMED_STATUS = re.compile(r"#(5\.\d{1,3}\.\d{1,3})\b")
"""As qmail and its kin write it at the end of a sentence: (#5.1.1)."""
_VAGUE = re.compile(r"|5\.\d\.0|5\.4\.4|5\.5\.\d+|5\.3\.\d+|4\.\d+\.\d+")
"""A status that says little or nothing of the reason."""
_REPLY = re.compile(r"(?<!\d)5\d\d[ -]")
_ADDRESS = re.compile(r"<?([^\s<>;,@]+@[^\s<>;,]+)>?")
_PASSING = {"delayed", "relayed", "expanded"}
_DELAYED = re.compile(
    r"delayed|not yet been|will (be )?(retr|try|keep|continue)|still (being )?(trying|retried|queued)|warning|"
    r"temporar|deferred|quarantin|awaiting|held for|"
    r"you do not need to resend|do not resend|verzogert|noch nicht|retarde|pas encore|reessay|retras|aun no|todavia no|"
    r"mailbox is currently unavailable"
)

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
    """No report that we can read; most often somebody has written."""


@dataclass(frozen=True, slots=True)
class Report:
    """What is known of a bounce: `status` as in RFC 3463, `return_path` as the complaint tells it (not proven),
    `address_bad` if the address itself is at fault."""

    kind: Kind
    status: str = ""
    return_path: str = ""
    address_bad: bool = False


def read(raw: bytes) -> Report:
    """Read a message, whatever it is."""
    try:
        message = message_from_bytes(raw[:READ_BYTES])
        return _standard(message) or _odd(message, lines=raw.count(b"\n", 0, READ_BYTES))
    except MALFORMED:
        return Report(Kind.UNKNOWN)


def _standard(message: Message) -> Report | None:
    parts = {part.get_content_type(): part for part in message.walk()}
    if "message/feedback-report" in parts:
        return _complaint(parts["message/feedback-report"])
    if "message/delivery-status" in parts:
        return _delivery(parts["message/delivery-status"], explanation(message))
    return None


def _delivery(part: Message, words: str) -> Report | None:
    """One report may speak of several addresses: reached at one is reached, failed at one is failed. None: it names no
    action that we know."""
    seen = {_word(field(group, "action")): group for group in groups(part)}
    if "delivered" in seen:
        return Report(Kind.DELIVERED, _status(field(seen["delivered"], "status")))
    for action in ("failed", "error"):
        if action in seen:
            return _failure(field(seen[action], "status"), field(seen[action], "diagnostic-code"), words)
    if _PASSING & seen.keys():
        return Report(Kind.PASSING)
    said = next((group for group in seen.values() if _REPLY.search(field(group, "diagnostic-code"))), None)
    return _failure(field(said, "status"), field(said, "diagnostic-code"), words) if said else None


def _failure(status: str, diagnostic: str, words: str) -> Report:
    """The server's own words count; the explanation for people only where they say nothing."""
    told, said = _status(status), diagnostic or server_words(words)
    named = _status(said)
    if named and _VAGUE.fullmatch(told):
        told = named
    fault = whose(told, said, of_recipient=bool(_VAGUE.fullmatch(told)))
    if fault is Fault.UNCLEAR and _VAGUE.fullmatch(told):
        told = told or _status(words)
        fault = whose(told, words)
    return Report(Kind.FAILED, told or UNKNOWN_FAILURE, address_bad=fault is Fault.ADDRESS and told[:1] != "4")


def _complaint(part: Message) -> Report:
    group = next(groups(part), Message())
    found = _ADDRESS.search(field(group, "original-mail-from"))
    kind = field(group, "feedback-type").lower()
    complains = kind in {"abuse", "fraud", "opt-out", "opt-out-list", "other"}
    return Report(Kind.COMPLAINT if complains else Kind.PASSING, kind, found[1] if found else "")


def _odd(message: Message, *, lines: int) -> Report:
    """Not a report by any standard. A failure that might only pass is no end."""
    few = sum(1 for _ in islice(message.walk(), MOST_PARTS + 1)) <= MOST_PARTS and lines <= _MOST_LINES
    passing, lasting = _found_by_library(message) if few else (False, False)
    words = explanation(message) if few else ""
    named = set(_NAMED_STATUS.findall(words))
    if passing and not lasting:
        return Report(Kind.PASSING)
    if lasting or len(named) == 1:
        return _failure(named.pop() if len(named) == 1 else "", "", words)
    if by_machine(message):
        if _DELAYED.search(plain(f"{subject(message)} {words}")) and not _REPLY.search(words):
            return Report(Kind.PASSING)
        failure = _failure("", "", words)
        if failure.address_bad or "message/delivery-status" not in {part.get_content_type() for part in message.walk()}:
            return failure
        return Report(Kind.UNKNOWN)
    return Report(Kind.AUTO_REPLY if by_rule(message) else Kind.UNKNOWN)


def _found_by_library(message: Message) -> tuple[bool, bool]:
    """Failures that may pass and failures for good. It falls over headers that are not ASCII."""
    try:
        passing, lasting = all_failures(message)
    except MALFORMED:
        return False, False
    return bool(passing), bool(lasting)


def _word(text: str) -> str:
    return (text.lower().split() or [""])[0].strip(";,.")


def _status(text: str) -> str:
    found = _STATUS.search(text)
    return found[1] if found else ""
