"""What becomes of a text is decided by the last digits of its number, so that everybody can plan it.

Ofcom reserves 07700 900000-900999 for drama: nobody has them. Those are for use by hand and in tests; a bulk roll uses
the last digits of any other mobile. The README of the service has the tables.
"""

import re
from dataclasses import dataclass

import phonenumbers

_E164 = re.compile(r"\+[1-9]\d{7,14}")
_GB_MOBILE = re.compile(r"\+447\d{9}")
_DRAMA = "+447700900"
_FIXED = {phonenumbers.PhoneNumberType.FIXED_LINE, phonenumbers.PhoneNumberType.TOLL_FREE}


@dataclass(frozen=True, slots=True)
class TextOutcome:
    """`refused` at the request with that code; else sent, and then `final` with `error`."""

    refused: int | None = None
    final: str = "delivered"
    error: int | None = None
    silent: bool = False
    """No status callback is sent."""
    disorderly: bool = False
    """Callbacks come in reverse order and twice."""


_DELIVERED = TextOutcome()
_SILENT = TextOutcome(final="sent", silent=True)
_DRAMA_OUTCOMES = {
    "903": TextOutcome(final="undelivered", error=30003),
    "904": TextOutcome(final="undelivered", error=30004),
    "905": TextOutcome(final="undelivered", error=30005),
    "906": TextOutcome(final="undelivered", error=30006),
    "907": TextOutcome(final="undelivered", error=30007),
    "908": TextOutcome(final="undelivered", error=30008),
    "911": TextOutcome(refused=21211),
    "914": TextOutcome(refused=21614),
    "910": TextOutcome(refused=21610),
    "918": TextOutcome(refused=21408),
    "912": TextOutcome(refused=21612),
    "998": TextOutcome(disorderly=True),
    "999": _SILENT,
}
_OUTCOMES_BY_LAST_DIGITS = {
    "211": TextOutcome(refused=21211),
    "614": TextOutcome(refused=21614),
    "610": TextOutcome(refused=21610),
    "408": TextOutcome(refused=21408),
    "612": TextOutcome(refused=21612),
    "999": _SILENT,
    "03": TextOutcome(final="undelivered", error=30003),
    "05": TextOutcome(final="undelivered", error=30005),
    "06": TextOutcome(final="undelivered", error=30006),
}


def outcome_by_number(number: str, *, by_digits: bool = True) -> TextOutcome:
    """The outcome of a text to this number. `by_digits` False: only what cannot be a mobile is refused."""
    impossible = _impossible(number)
    if impossible:
        return TextOutcome(refused=impossible)
    if not by_digits:
        return _DELIVERED
    if number.startswith(_DRAMA) and len(number) == 13:
        return _DRAMA_OUTCOMES.get(number[-3:], _DELIVERED)
    return _OUTCOMES_BY_LAST_DIGITS.get(number[-3:]) or _OUTCOMES_BY_LAST_DIGITS.get(number[-2:]) or _DELIVERED


def outcome_named(name: str) -> TextOutcome:
    """An outcome by name, for faults: delivered, silent, disorderly, or a code such as 30003 or 21610."""
    named = {"delivered": _DELIVERED, "silent": _SILENT, "disorderly": TextOutcome(disorderly=True)}
    if name in named:
        return named[name]
    code = int(name)
    return TextOutcome(refused=code) if code < 30000 else TextOutcome(final="undelivered", error=code)


def _impossible(number: str) -> int | None:
    """21211 for what is not a number, 21614 for a line that takes no texts."""
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
