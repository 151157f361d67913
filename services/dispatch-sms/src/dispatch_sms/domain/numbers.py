"""Telephone numbers as people write them."""

import phonenumbers


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
