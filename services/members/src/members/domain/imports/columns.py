"""Columns of a roll, and what a cell of each may hold.

A reader raises ValueError with a reason that does not hold the cell.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import Annotated, Any, Required, TypedDict, get_args, get_origin, get_type_hints

from contracts import field_types
from contracts.enums import Channel, Purpose
from members.domain import field_types as fields
from members.domain.input_context import InputContext
from members.domain.members.consents import DEFAULT_PURPOSES
from members.domain.members.contact_points import CHANNEL_OF_LABEL, ContactPoint, contact_point
from pydantic import TypeAdapter, ValidationError

Reader = Callable[[str, InputContext], object]
_ISO_DAY = re.compile(r"\A\d{4}-\d{2}-\d{2}\Z")


def _typed(kind: TypeAdapter[str], reason: str) -> Reader:
    def read(cell: str, _context: InputContext) -> str:
        try:
            return kind.validate_python(cell)
        except ValidationError:
            raise ValueError(reason) from None

    return read


def _contact(label: str) -> Reader:
    def read(cell: str, context: InputContext) -> ContactPoint:
        return contact_point(label, CHANNEL_OF_LABEL[label], cell, region=context.phone_region)

    return read


def _day(cell: str, context: InputContext) -> date:
    if not _ISO_DAY.match(cell):
        raise ValueError("is not a date such as 1980-02-29")
    day = _existing_day(cell)
    if day > context.today:
        raise ValueError("lies in the future")
    return field_types.day(day)


def _time(cell: str, context: InputContext) -> datetime:
    """A date counts from its start, so that a STOP on the same day is later."""
    at = _start_of_day(cell, context) if _ISO_DAY.match(cell) else _with_zone(cell)
    if at > context.now:
        raise ValueError("lies in the future")
    return field_types.moment(at)


def _start_of_day(cell: str, context: InputContext) -> datetime:
    try:
        return datetime.combine(_existing_day(cell), time(), context.zone).astimezone(UTC)
    except OverflowError:
        raise ValueError("is not a possible date") from None


def _with_zone(cell: str) -> datetime:
    if _ISO_DAY.match(cell[:10]):
        _existing_day(cell[:10])
    try:
        at = datetime.fromisoformat(cell)
        if at.tzinfo is not None:
            return at.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise ValueError("is not a date or a date-time with a zone")


def _existing_day(cell: str) -> date:
    """Raises ValueError for a day such as 30 February, or 29 February of a common year."""
    try:
        return date.fromisoformat(cell)
    except ValueError:
        raise ValueError("is a day that is not in the calendar of its year") from None


_SLUG: TypeAdapter[str] = TypeAdapter(fields.Slug)


def _slugs(cell: str, _context: InputContext) -> tuple[str, ...]:
    try:
        names = [_SLUG.validate_python(name.strip()) for name in cell.split(";") if name.strip()]
    except ValidationError:
        raise ValueError("holds a name that is not lower-case letters, digits and hyphens") from None
    return tuple(sorted(set(names)))


def _channel(cell: str, _context: InputContext) -> str:
    if cell not in set(Channel):
        raise ValueError("is neither sms nor email")
    return cell


def _consent(cell: str, _context: InputContext) -> tuple[bool, tuple[str, ...]]:
    """Granted or not, and for which purposes."""
    answer = cell.casefold()
    if answer == "no":
        return False, tuple(Purpose)
    if answer in ("yes", "all"):
        return True, DEFAULT_PURPOSES if answer == "yes" else tuple(Purpose)
    purposes = tuple(dict.fromkeys(part.strip() for part in answer.split(";") if part.strip()))
    if not purposes or not set(purposes) <= set(Purpose):
        raise ValueError(f"is not yes, no, all or purposes split by ';' ({', '.join(Purpose)})")
    return True, purposes


_Id = Annotated[str, _typed(_SLUG, "is not an id of lower-case letters, digits and hyphens")]
_Name = Annotated[str, _typed(TypeAdapter(fields.Name), "is too long (100) or holds a control character")]
_Text = Annotated[str, _typed(TypeAdapter(fields.OptionalText), "is too long (200) or holds a control character")]
_ShortText = Annotated[str, _typed(TypeAdapter(fields.ShortText), "is too long (100) or holds a control character")]
_Language = Annotated[str, _typed(TypeAdapter(fields.Language), "is not a language tag such as en or cy")]
_TimeZone = Annotated[str, _typed(TypeAdapter(fields.TimeZone), "is not a time zone such as Europe/London")]
_MembershipNumber = Annotated[
    str, _typed(TypeAdapter(fields.MembershipNumber), "is not 1 to 40 letters, digits or . _ / -")
]
_Day = Annotated[date, _day]
_Slugs = Annotated[tuple[str, ...], _slugs]
_Consent = Annotated[tuple[bool, tuple[str, ...]], _consent]


class RowValues(TypedDict, total=False):
    """The cells of a row that are not blank, each as its reader returns it."""

    membership_number: Required[_MembershipNumber]
    given_name: _Name
    family_name: _Name
    branch: Required[_Id]
    mobile: Annotated[ContactPoint, _contact("mobile")]
    phone: Annotated[ContactPoint, _contact("phone")]
    email: Annotated[ContactPoint, _contact("email")]
    language: _Language
    time_zone: _TimeZone
    birthday: _Day
    workplace: _Id
    employer: _Text
    job: _Text
    unit: _Text
    joined: _Day
    interests: _Slugs
    sensitive_interests: _Slugs
    preferred_channel: Annotated[str, _channel]
    consent_sms: _Consent
    consent_email: _Consent
    consent_wording: _ShortText
    consent_at: Annotated[datetime, _time]
    consent_source: _ShortText


def _reader(hint: Any) -> Reader:
    reader: Reader = (get_args(hint)[0] if get_origin(hint) is Required else hint).__metadata__[0]
    return reader


READERS = {name: _reader(hint) for name, hint in get_type_hints(RowValues, include_extras=True).items()}
REQUIRED = tuple(name for name in READERS if name in RowValues.__required_keys__)
"""No row may leave them blank."""
NAMES = ("given_name", "family_name")
"""A row may leave one of them blank."""
