"""What becomes of a text or a mail is decided by its number or address, so that everybody can plan it.

Ofcom keeps 07700 900000-900999 for drama: nobody has them. Those are for play by hand and for tests; a bulk roll uses
the last digits of any other mobile. Mails go by their local part. README of the service holds both tables.
"""

import re
from dataclasses import dataclass

import phonenumbers

_E164 = re.compile(r"\+[1-9]\d{7,14}")
_GB_MOBILE = re.compile(r"\+447\d{9}")
_DRAMA = "+447700900"
_FIXED = {phonenumbers.PhoneNumberType.FIXED_LINE, phonenumbers.PhoneNumberType.TOLL_FREE}


@dataclass(frozen=True, slots=True)
class Fate:
    """`refused` at the request with that code; else sent, and then `final` with `error`, or silence."""

    refused: int | None = None
    final: str = "delivered"
    error: int | None = None
    silent: bool = False
    disorderly: bool = False
    """Receipts come in reverse order and twice."""


DELIVERED = Fate()
_DRAMA_FATES = {
    "903": Fate(final="undelivered", error=30003),
    "904": Fate(final="undelivered", error=30004),
    "905": Fate(final="undelivered", error=30005),
    "906": Fate(final="undelivered", error=30006),
    "907": Fate(final="undelivered", error=30007),
    "908": Fate(final="undelivered", error=30008),
    "911": Fate(refused=21211),
    "914": Fate(refused=21614),
    "910": Fate(refused=21610),
    "918": Fate(refused=21408),
    "912": Fate(refused=21612),
    "998": Fate(disorderly=True),
    "999": Fate(final="sent", silent=True),
}
_LAST_DIGITS = {
    "211": Fate(refused=21211),
    "614": Fate(refused=21614),
    "610": Fate(refused=21610),
    "408": Fate(refused=21408),
    "612": Fate(refused=21612),
    "999": Fate(final="sent", silent=True),
    "03": Fate(final="undelivered", error=30003),
    "05": Fate(final="undelivered", error=30005),
    "06": Fate(final="undelivered", error=30006),
}


def fate_of_number(number: str, *, fixed: bool = True) -> Fate:
    """The fate of a text to this number. `fixed` False: only what cannot be a mobile is refused."""
    impossible = _impossible(number)
    if impossible:
        return Fate(refused=impossible)
    if not fixed:
        return DELIVERED
    if number.startswith(_DRAMA) and len(number) == 13:
        return _DRAMA_FATES.get(number[-3:], DELIVERED)
    return _LAST_DIGITS.get(number[-3:]) or _LAST_DIGITS.get(number[-2:]) or DELIVERED


def fate_named(name: str) -> Fate:
    """A fate by name, for faults: delivered, silent, disorderly, or a code such as 30003 or 21610."""
    if name == "delivered":
        return DELIVERED
    if name == "silent":
        return Fate(final="sent", silent=True)
    if name == "disorderly":
        return Fate(disorderly=True)
    code = int(name)
    return Fate(refused=code) if code < 30000 else Fate(final="undelivered", error=code)


def _impossible(number: str) -> int | None:
    """21211 for no number at all, 21614 for a line that takes no texts."""
    if _GB_MOBILE.fullmatch(number):
        return None
    if not _E164.fullmatch(number):
        return 21211
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return 21211
    if number.startswith(("+441", "+442", "+443")) or phonenumbers.number_type(parsed) in _FIXED:
        return 21614
    return None if phonenumbers.is_possible_number(parsed) else 21211


@dataclass(frozen=True, slots=True)
class MailFate:
    """`at` is where a reply is given ("rcpt", "dot") or "later" for what comes back by mail."""

    at: str = "accepted"
    code: int = 250
    status: str = ""
    kind: str = ""
    """Later: bounce, delayed, odd, complaint, vacation."""
    late: bool = False
    once: bool = False


_ENHANCED = {550: "5.1.1", 552: "5.2.2", 553: "5.1.3", 554: "5.7.1", 421: "4.3.2", 450: "4.2.1", 451: "4.3.0"}
_AT_ONCE = re.compile(r"(refuse|defer|greylist|full|spam)-([45]\d\d)(?:[.+-].*)?")
_BOUNCE = re.compile(r"(late-)?bounce(?:-(5\.\d{1,3}\.\d{1,3}))?(?:[.+-].*)?")
_LATER = re.compile(r"(delayed|odd-bounce|complaint|vacation)(?:[.+-].*)?")


def fate_of_address(address: str) -> MailFate:
    """The fate of a mail to this address, by its local part."""
    local = address.rpartition("@")[0].casefold()
    if found := _AT_ONCE.fullmatch(local):
        word, code = found[1], int(found[2])
        at = "dot" if word in {"full", "spam"} else "rcpt"
        return MailFate(at=at, code=code, status=_ENHANCED.get(code, f"{code // 100}.0.0"), once=word == "greylist")
    if found := _BOUNCE.fullmatch(local):
        return MailFate(at="later", kind="bounce", status=found[2] or "5.1.1", late=bool(found[1]))
    if found := _LATER.fullmatch(local):
        return MailFate(at="later", kind=found[1].removesuffix("-bounce"), status="4.4.1")
    return MailFate()
