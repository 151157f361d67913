"""Types of fields whose values other systems give: whatever they accept, every consumer and database can store."""

from datetime import UTC, date, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints

_ONE_LINE = r"^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]*$"
"""PostgreSQL's jsonb holds no NUL; readers expect names and titles without line breaks."""
LARGEST = 2**53
"""JSON readers that store numbers as floats misread larger ones (RFC 8259, section 6)."""


def moment(value: datetime) -> datetime:
    """In UTC. Raises ValueError outside 1970 to 9998: a slip, and in some time zone or database not a valid time."""
    if not 1970 <= value.year <= 9998:
        raise ValueError("is not between 1970 and 9998")
    return value.astimezone(UTC)


def day(value: date) -> date:
    """Raises ValueError before 1900: no member was born or joined before."""
    if value.year < 1900:
        raise ValueError("is before 1900")
    return value


Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200, pattern=_ONE_LINE)]
FilledLine = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=_ONE_LINE)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=_ONE_LINE)]
Count = Annotated[int, Field(ge=0, le=LARGEST)]
Moment = Annotated[AwareDatetime, AfterValidator(moment)]
Day = Annotated[date, AfterValidator(day)]
