"""Telephone numbers and e-mail addresses as we keep them.

Numbers by `phonenumbers.is_valid_number` (not `is_possible_number`), kept as E.164; a landline is kept but not texted.
"""

from dataclasses import dataclass

import phonenumbers
from contracts.vocabulary import Channel
from email_validator import EmailNotValidError, validate_email
from phonenumbers import PhoneNumberFormat, PhoneNumberType

_TEXTABLE = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})
CHANNEL_OF = {"mobile": Channel.SMS, "phone": Channel.SMS, "email": Channel.EMAIL}
"""What the labels of the roll stand for."""


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
    if not phonenumbers.is_valid_number(number):
        raise ValueError("is not a valid telephone number")
    textable = phonenumbers.number_type(number) in _TEXTABLE
    return phonenumbers.format_number(number, PhoneNumberFormat.E164), textable


def mailbox(text: str) -> str:
    """The address in normal form. Raises ValueError saying that it is wrong, never the address."""
    try:
        return validate_email(text, check_deliverability=False, allow_smtputf8=False).normalized
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
