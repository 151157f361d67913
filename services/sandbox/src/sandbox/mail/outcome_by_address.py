"""What becomes of a mail is decided by the local part of its address; the README of the service has the table."""

import re
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class MailOutcome:
    """`at` is the SMTP stage of the reply `code`, or "later": `kind` of message that comes back after acceptance."""

    at: Literal["accepted", "rcpt", "dot", "later"] = "accepted"
    code: int = 250
    status: str = ""
    kind: str = ""
    """Later: bounce, delayed, odd, complaint, vacation."""
    late: bool = False
    """After the longer of the two delays."""
    once: bool = False
    """Only the first attempt is refused (greylisting)."""


_ENHANCED = {550: "5.1.1", 552: "5.2.2", 553: "5.1.3", 554: "5.7.1", 421: "4.3.2", 450: "4.2.1", 451: "4.3.0"}
_AT_ONCE = re.compile(r"(refuse|defer|greylist|full|spam)-([45]\d\d)(?:[.+-].*)?")
_BOUNCE = re.compile(r"(late-)?bounce(?:-(5\.\d{1,3}\.\d{1,3}))?(?:[.+-].*)?")
_LATER = re.compile(r"(delayed|odd-bounce|complaint|vacation)(?:[.+-].*)?")


def outcome_by_address(address: str) -> MailOutcome:
    """The outcome of a mail to this address."""
    local = address.rpartition("@")[0].casefold()
    if found := _AT_ONCE.fullmatch(local):
        word, code = found[1], int(found[2])
        status, once = _ENHANCED.get(code, f"{code // 100}.0.0"), word == "greylist"
        return MailOutcome("dot" if word in {"full", "spam"} else "rcpt", code, status, once=once)
    if found := _BOUNCE.fullmatch(local):
        return MailOutcome(at="later", kind="bounce", status=found[2] or "5.1.1", late=bool(found[1]))
    if found := _LATER.fullmatch(local):
        return MailOutcome(at="later", kind=found[1].removesuffix("-bounce"), status="4.4.1")
    return MailOutcome()
