"""Telephone numbers and e-mail addresses as we keep them.

Numbers by `phonenumbers.is_valid_number` (not `is_possible_number`), kept as E.164; a landline is kept but not texted.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers
from contracts.enums import Channel
from email_validator import EmailNotValidError, validate_email
from phonenumbers import PhoneNumberFormat, PhoneNumberType

_TEXTABLE = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})
CHANNEL_OF = {"mobile": Channel.SMS, "phone": Channel.SMS, "email": Channel.EMAIL}
"""What the labels of the roll stand for."""


_DOT_ATOM = re.compile(r"\A[A-Za-z0-9_'+-]+(?:\.[A-Za-z0-9_'+-]+)*\Z")
_LONGEST = 254


@dataclass(frozen=True, slots=True)
class Contact:
    """One contact point; `label` tells a member's several apart and is what the roll's columns are called."""

    label: str
    channel: str
    address: str
    preferred: bool = False
    textable: bool = True


def telephone(text: str, region: str) -> tuple[str, bool]:
    """E.164 and whether it can be texted. Raises ValueError saying what is wrong, never the number."""
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        raise ValueError("is not a telephone number") from None
    kind = phonenumbers.number_type(number)  # UNKNOWN exactly where is_valid_number is False, at half the price
    if kind == PhoneNumberType.UNKNOWN:
        raise ValueError("is not a valid telephone number")
    return phonenumbers.format_number(number, PhoneNumberFormat.E164), kind in _TEXTABLE


def mailbox(text: str) -> str:
    """The address in normal form. Raises ValueError saying that it is wrong, never the address."""
    local, at, domain = text.rpartition("@")
    if at and len(text) <= _LONGEST and len(local) <= 64 and _DOT_ATOM.match(local):
        return f"{local}@{_domain(domain)}"
    return _normal(text)


@lru_cache(maxsize=10_000)
def _domain(domain: str) -> str:
    """Thousands of members share a few domains; the plain local parts before them need no second look."""
    return _normal(f"x@{domain}").removeprefix("x@")


def _normal(text: str) -> str:
    try:
        return validate_email(text, check_deliverability=False, allow_smtputf8=False, strict=True).normalized
    except EmailNotValidError:
        raise ValueError("is not a valid e-mail address") from None


def contact(label: str, channel: str, text: str, *, region: str, preferred: bool = False) -> Contact:
    """A contact point in normal form. Raises ValueError."""
    if len(text) > 320 or any(ord(letter) < 32 for letter in text):
        raise ValueError("is not a valid address")
    if channel == Channel.EMAIL:
        return Contact(label, channel, mailbox(text.strip()), preferred, textable=False)
    address, textable = telephone(text.strip(), region)
    return Contact(label, channel, address, preferred, textable)
