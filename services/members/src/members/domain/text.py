"""Kinds of text that the outside may give us."""

import unicodedata
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator, StringConstraints

_ZONES = available_timezones()


def plain(value: str) -> str:
    """One line without control characters, lone surrogates or outer blanks, in composed form."""
    if value.isascii() and value.isprintable():
        return value.strip()
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in value):
        raise ValueError("holds a control character")
    return unicodedata.normalize("NFC", value.strip())


def zone(value: str) -> str:
    """A name of the IANA time zone database."""
    if value not in _ZONES:
        raise ValueError("is not a time zone such as Europe/London")
    return value


def _filled(value: str) -> str:
    if not value:
        raise ValueError("is blank")
    return value


Plain = AfterValidator(plain)
Name = Annotated[str, StringConstraints(max_length=100), Plain, AfterValidator(_filled)]
Words = Annotated[str, StringConstraints(max_length=200), Plain]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$")]
LONGEST_NUMBER = 40
"""Characters."""
MembershipNumber = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9/._-]*$", max_length=LONGEST_NUMBER)
]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")]
TimeZone = Annotated[str, StringConstraints(max_length=64), AfterValidator(zone)]
Wording = Annotated[str, StringConstraints(max_length=100), Plain, AfterValidator(_filled)]
