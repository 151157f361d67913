"""What a person may be found by in the cells of a rejected row: in one with a cell too few it may stand anywhere."""

from collections.abc import Iterable

_DIGITS = 9
"""Digits from the end that identify a telephone number in any spelling; deleting a row too many does no harm."""
_LONGEST = 254
"""Characters of an e-mail address."""


def mentions(cells: Iterable[str]) -> list[str]:
    """The words of cells in lower case, and the ends of long numbers."""
    found = {word for cell in cells if 0 < len(word := cell.strip(" \t\r\n").lower()) <= _LONGEST}
    return sorted(found | {end for cell in cells if (end := _end(cell))})


def mentions_of(membership_number: str, addresses: Iterable[str]) -> list[str]:
    """What a person's number and addresses are found by."""
    ends = {_end(address) for address in addresses if "@" not in address}
    return sorted({membership_number.lower(), *(address.lower() for address in addresses), *ends} - {""})


def _end(text: str) -> str:
    digits = "".join(filter(str.isdecimal, text))
    return digits[-_DIGITS:] if len(digits) >= _DIGITS else ""
