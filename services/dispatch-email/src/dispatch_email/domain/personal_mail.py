"""Mail to a return path for a person to see: somebody wrote, or an automatic reply says that the address is left."""

import re
from dataclasses import dataclass
from email import message_from_bytes
from itertools import takewhile

from dispatch_email.domain.fault_words import NO_SUCH_ADDRESS, plain
from dispatch_email.domain.report_parts import explanation, subject
from dispatch_email.domain.reports import MALFORMED, READ_BYTES, Kind

_LONGEST_SUBJECT, _LONGEST_TEXT = 200, 4_000
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_QUOTED = re.compile(r"\s*>|-{3,} ?(original|urspr|message d)", re.I)


@dataclass(frozen=True, slots=True)
class PersonalMail:
    """What was written, without what it quotes."""

    subject: str
    text: str


def personal_mail(raw: bytes, kind: Kind) -> PersonalMail | None:
    """None for a report, for an automatic reply that only says who is away, and for mail without words."""
    if kind not in {Kind.UNKNOWN, Kind.AUTO_REPLY}:
        return None
    try:
        message = message_from_bytes(raw[:READ_BYTES])
        title, words = subject(message), explanation(message)
    except MALFORMED:
        return None
    if kind is Kind.AUTO_REPLY and not NO_SUCH_ADDRESS.search(plain(words)):
        return None
    text = "\n".join(takewhile(lambda line: not _QUOTED.match(line), words.splitlines())).strip()
    found = PersonalMail(_clean(title, _LONGEST_SUBJECT), _clean(text, _LONGEST_TEXT))
    return found if any(map(str.isalpha, found.text)) else None


def _clean(text: str, longest: int) -> str:
    return _CONTROLS.sub(" ", text)[:longest]
