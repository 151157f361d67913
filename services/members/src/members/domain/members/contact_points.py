"""Telephone numbers and e-mail addresses in normal form.

Numbers are accepted by `phonenumbers.is_valid_number` and kept as E.164. A landline is kept with `textable` false.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated

import phonenumbers
from contracts.enums import Channel
from contracts.plain_text import clean
from email_validator import EmailNotValidError, validate_email
from members.domain import field_types as fields
from phonenumbers import PhoneNumberFormat, PhoneNumberType
from pydantic import Field

_TEXTABLE = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})
CHANNEL_OF_LABEL = {"mobile": Channel.SMS, "phone": Channel.SMS, "email": Channel.EMAIL}
"""The labels that a roll and a `member.joined` event use."""
DEFAULT_LABELS = {Channel.SMS: "mobile", Channel.EMAIL: "email"}

_DOT_ATOM = re.compile(r"\A[A-Za-z0-9_'+-]+(?:\.[A-Za-z0-9_'+-]+)*\Z")
_MAX_EMAIL_LENGTH = 254
_DECIMAL = re.compile(r"\A(\+?[0-9]{7,})[.,]0{1,2}\Z")
_EXPONENT = re.compile(r"\A\+?[0-9][.,]?[0-9]*[eE]\+?[0-9]+\Z")
"""Numbers as a spreadsheet writes them that took them for amounts: the first are whole, the others have lost digits."""


@dataclass(frozen=True, slots=True)
class ContactPoint:
    """A telephone number or an e-mail address."""

    label: Annotated[str, Field(description="Unique within the member", examples=["mobile"])]
    channel: Annotated[str, Field(description="`sms` or `email`", examples=["sms"])]
    address: Annotated[str, Field(description="Number as E.164, or e-mail address", examples=["+447700900123"])]
    preferred: fields.Preferred
    textable: Annotated[bool, Field(description="Whether it is a number that can be texted", examples=[True])]


class NewContactPoint(fields.Input):
    """A telephone number or an e-mail address."""

    channel: Channel = Field(description="Channel that the address is for", examples=["sms"])
    address: fields.Address
    label: fields.Slug | None = Field(
        default=None,
        description="Unique within the member; null is `mobile` or `email`. A roll uses `mobile`, `phone`, `email`",
        examples=["mobile"],
    )
    preferred: fields.Preferred = False


def contact_point(label: str, channel: str, text: str, *, region: str, preferred: bool = False) -> ContactPoint:
    """A contact point in normal form. Raises ValueError with a reason that does not hold the address."""
    if len(text) > fields.MAX_ADDRESS_LENGTH:
        raise ValueError("is not a valid address")
    text = clean(text)
    if channel == Channel.EMAIL:
        return ContactPoint(label, channel, email_address(text), preferred, textable=False)
    number, textable = phone_number(text, region)
    return ContactPoint(label, channel, number, preferred, textable)


def distinct(points: Iterable[ContactPoint]) -> tuple[ContactPoint, ...]:
    """The first contact point of each address."""
    found: dict[tuple[str, str], ContactPoint] = {}
    for point in points:
        found.setdefault((point.channel, point.address), point)
    return tuple(found.values())


def phone_number(text: str, region: str) -> tuple[str, bool]:
    """E.164 and whether it can be texted. Raises ValueError with a reason that does not hold the number."""
    if _EXPONENT.match(text):
        raise ValueError("is a rounded number; format the column as text")
    if decimal := _DECIMAL.match(text):
        text = decimal[1]
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        raise ValueError("is not a telephone number") from None
    kind = phonenumbers.number_type(number)  # UNKNOWN exactly where is_valid_number is False, in half the time
    if kind == PhoneNumberType.UNKNOWN:
        raise ValueError("is not a valid telephone number")
    return phonenumbers.format_number(number, PhoneNumberFormat.E164), kind in _TEXTABLE


def email_address(text: str) -> str:
    """The address in normal form. Raises ValueError with a reason that does not hold the address."""
    local, at, domain = text.rpartition("@")
    if at and len(text) <= _MAX_EMAIL_LENGTH and len(local) <= 64 and _DOT_ATOM.match(local):
        return f"{local}@{_domain(domain)}"
    return _validated(text)


@lru_cache(maxsize=10_000)
def _domain(domain: str) -> str:
    """Cached, because thousands of members share a few domains; a local part of plain atoms needs no validation."""
    return _validated(f"x@{domain}").removeprefix("x@")


def _validated(text: str) -> str:
    try:
        return validate_email(text, check_deliverability=False, allow_smtputf8=False, strict=True).normalized
    except EmailNotValidError:
        raise ValueError("is not a valid e-mail address") from None
