"""Telephone numbers as people write them."""

import re

import phonenumbers

_CHANNEL = re.compile(r"^(?:whatsapp|rcs|sms|mms):", re.IGNORECASE)
_E164 = re.compile(r"^\+[1-9]\d{6,14}$")


def e164(number: str) -> str | None:
    """+447700900123, or None for what cannot be a number with its country code.

    Possible is enough: leaving a number alone that nobody holds does no harm, texting one that asked us not to does.
    """
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(parsed):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def sender_number(address: str) -> str | None:
    """The number in an address as Twilio names it, such as +447700900123 or whatsapp:+447700900123; None where there is
    none. A STOP that came by another channel of a number holds for what we text to it."""
    number = _CHANNEL.sub("", address.strip())
    return number if _E164.match(number) else None
