"""The roll: a CSV file of members, read and checked without a database.

Format: UTF-8 (a byte order mark is allowed), comma separated, double quotes, one header line, columns in any order.

=====================  =========================================================================================
membership_number *    1 to 40 letters, digits or ``. _ / -``; stays in this service
given_name *           up to 100 characters
family_name *          up to 100 characters
branch *               id of a body of kind branch
workplace              id of a body of kind workplace in that branch
mobile, phone          national (default region) or +44…; a landline is kept with ``textable`` false
email                  an address
language               two or three letters, such as en or cy; blank for somebody new is en
time_zone              such as Europe/London, which is also what blank means for somebody new
birthday, joined       YYYY-MM-DD, not in the future
employer, job, unit    up to 200 characters
interests              ids split by ``;`` (a known special-category one is kept apart by itself)
sensitive_interests    the same, kept apart: only the segmenter hears of them
preferred_channel      sms or email
consent_sms            yes (service, campaign, ballot_notice, survey, emergency), all, no, or purposes split by ``;``
consent_email          the same
consent_wording        version of the wording agreed to; needed with a consent
consent_at             date or date-time with zone, not in the future; needed with a consent
consent_source         where the consent was given; blank is ``roll``
=====================  =========================================================================================

A blank cell says nothing and removes nothing. A person in two branches has two rows with the same number; cells that
describe the person must agree or be blank in one. A second row for the same branch is rejected, whether it is the same
or differs. Line numbers count lines of the file; the header is line 1.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from chassis.errors import Fault, Refused
from contracts.enums import Channel
from members.domain.cells import READERS, REQUIRED, Terms
from members.domain.contacts import CHANNEL_OF, Contact, contact
from members.domain.records import ConsentWord, PlaceWord, Record
from members.domain.text import LONGEST_NUMBER


@dataclass(frozen=True, slots=True)
class Rejection:
    """A row that stays out, and why; `cells` are the row as it came."""

    line: int
    column: str
    reason: str
    cells: tuple[str, ...]
    membership_number: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A row that reads well by itself."""

    line: int
    cells: tuple[str, ...]
    values: dict[str, Any]
    record: Record


@dataclass(slots=True)
class Reading:
    """A file as read: its header, the rows that read well and those that do not."""

    header: tuple[str, ...]
    rows: list[Row] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)


class _CellFault(ValueError):
    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.column, self.reason = column, reason


def read_roll(data: bytes, terms: Terms) -> Reading:
    """Raises Refused when the file as a whole cannot be read: its encoding, header or quoting."""
    header, lines = _opened(data)
    reading = Reading(header)
    for line, cells in _numbered(lines):
        try:
            reading.rows.append(_row(line, cells, reading.header, terms))
        except _CellFault as fault:
            reading.rejections.append(
                Rejection(line, fault.column, fault.reason, tuple(cells), _number(cells, reading.header))
            )
    return reading


def listed_numbers(data: bytes) -> set[str]:
    """Every number that the file may speak of, long before its rows are read. Raises Refused as `read_roll` does."""
    header, lines = _opened(data)
    return {number for _, cells in _numbered(lines) if (number := _number(cells, header))}


def _opened(data: bytes) -> tuple[tuple[str, ...], Iterator[list[str]]]:
    lines = csv.reader(io.StringIO(_decoded(data), newline=""), strict=True)
    return _header(lines), lines


def _number(cells: Sequence[str], header: Sequence[str]) -> str | None:
    """The number as it would be known; None where no cell is sure to hold it, or it is nobody's, being too long."""
    number = cells[header.index("membership_number")].strip() if len(cells) == len(header) else ""
    return number if 0 < len(number) <= LONGEST_NUMBER else None


def _decoded(data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise Refused("the file is UTF-16; save it as CSV UTF-8", field="body")
    try:
        decoded = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Refused(f"the file is not UTF-8 (line {line}); save it as CSV UTF-8", field="body") from None
    if "\0" in decoded:
        raise Refused(
            f"the file holds a NUL byte (line {decoded[: decoded.index(chr(0))].count(chr(10)) + 1})", field="body"
        )
    return decoded


def _header(lines: Iterator[list[str]]) -> tuple[str, ...]:
    try:
        header = tuple(cell.strip() for cell in next(lines))
    except StopIteration:
        raise Refused("the file is empty", field="body") from None
    except csv.Error as error:
        raise Refused(f"the header cannot be read: {error}", field="header") from None
    faults = [Fault(f"header.{name}"[:100], "is not a column of the roll") for name in header if name not in READERS]
    faults += [Fault(f"header.{name}", "is missing") for name in REQUIRED if name not in header]
    faults += [Fault(f"header.{name}", "is there twice") for name in sorted(set(header)) if header.count(name) > 1]
    if faults and len(header) == 1 and any(mark in header[0] for mark in ";\t|"):
        raise Refused("the columns are not separated by commas", field="header")
    if faults:
        raise Refused("the header is wrong", faults=faults[:50])
    return header


def _numbered(lines: Any) -> Iterator[tuple[int, list[str]]]:
    """Rows with the number of their first line; blank lines are passed over."""
    while True:
        first = lines.line_num + 1
        try:
            cells = next(lines)
        except StopIteration:
            return
        except csv.Error as error:
            raise Refused(f"line {first}: {error}", field=f"line {first}") from None
        if any(cell.strip() for cell in cells):
            yield first, cells


def _row(line: int, cells: Sequence[str], header: tuple[str, ...], terms: Terms) -> Row:
    if len(cells) != len(header):
        raise _CellFault("", f"has {len(cells)} cells, the header has {len(header)}")
    values: dict[str, Any] = {}
    for column, cell in zip(header, cells, strict=True):
        if cell.strip():
            values[column] = _read(column, cell.strip(), terms)
        elif column in REQUIRED:
            raise _CellFault(column, "is blank")
    return Row(line, tuple(cells), values, _record(values, terms))


def _read(column: str, cell: str, terms: Terms) -> Any:
    try:
        if column in CHANNEL_OF:
            return contact(column, CHANNEL_OF[column], cell, region=terms.region)
        return READERS[column](cell, terms)
    except ValueError as error:
        raise _CellFault(column, str(error)) from None


def _record(values: dict[str, Any], terms: Terms) -> Record:
    named = set(values.get("interests", ()))
    sensitive = set(values.get("sensitive_interests", ())) | (named & terms.sensitive)
    return Record(
        membership_number=values["membership_number"],
        given_name=values["given_name"],
        family_name=values["family_name"],
        language=values.get("language"),
        time_zone=values.get("time_zone"),
        birthday=values.get("birthday"),
        contacts=_contacts(values),
        preferred_channel=values.get("preferred_channel"),
        places=(
            PlaceWord(
                body=values.get("workplace") or values["branch"],
                employer=values.get("employer"),
                job=values.get("job"),
                unit=values.get("unit"),
                joined=values.get("joined"),
            ),
        ),
        interests=tuple(sorted(named - sensitive)),
        sensitive=tuple(sorted(sensitive)),
        consents=_consents(values),
    )


def _contacts(values: dict[str, Any]) -> tuple[Contact, ...]:
    points: dict[tuple[str, str], Contact] = {}
    for label in CHANNEL_OF:
        if label in values:
            points.setdefault((values[label].channel, values[label].address), values[label])
    return tuple(points.values())


def _consents(values: dict[str, Any]) -> tuple[ConsentWord, ...]:
    said = [channel for channel in Channel if f"consent_{channel}" in values]
    for column in ("consent_wording", "consent_at"):
        if said and column not in values:
            raise _CellFault(column, "is needed with a consent")
    return tuple(
        ConsentWord(
            channel=channel.value,
            granted=values[f"consent_{channel}"][0],
            purposes=values[f"consent_{channel}"][1],
            source=values.get("consent_source", "roll"),
            wording_version=values["consent_wording"],
            at=values["consent_at"],
        )
        for channel in said
    )
