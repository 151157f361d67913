"""Kinds of values that the outside may give us: what every reader, and every database behind it, can hold."""

from datetime import UTC, date, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints

_ONE_LINE = r"^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]*$"
"""PostgreSQL's jsonb holds no NUL; no reader expects a name or a title to run over a line."""
LARGEST = 2**53
"""Beyond it, JSON readers that know floats only (RFC 8259, section 6) read another number than was written."""


def moment(value: datetime) -> datetime:
    """In UTC, between 1970 and 9998: what lies outside is a slip, and has no reading in some zone or database."""
    if not 1970 <= value.year <= 9998:
        raise ValueError("is not between 1970 and 9998")
    return value.astimezone(UTC)


def day(value: date) -> date:
    """From 1900 on: nobody whom a union writes to was born or joined before."""
    if value.year < 1900:
        raise ValueError("is before 1900")
    return value


Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200, pattern=_ONE_LINE)]
FilledLine = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=_ONE_LINE)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=_ONE_LINE)]
Count = Annotated[int, Field(ge=0, le=LARGEST)]
Moment = Annotated[AwareDatetime, AfterValidator(moment)]
Day = Annotated[date, AfterValidator(day)]
