"""CSV file of a roll: encoding, header and lines.

Format: UTF-8 (a byte order mark is allowed), comma separated, double quotes, one header line, columns in any order.

=====================  =========================================================================================
membership_number *    1 to 40 letters, digits or ``. _ / -``; stays in this service
given_name *           up to 100 characters
family_name *          up to 100 characters
branch *               id of a body of kind branch
workplace              id of a body of kind workplace in that branch
mobile, phone          national (default region) or +44…; a landline is kept with ``textable`` false
email                  an address
language               two or three letters, such as en or cy; blank for a new member is en
time_zone              such as Europe/London, which is also what blank means for a new member
birthday, joined       YYYY-MM-DD, not in the future
employer, job, unit    up to 200 characters
interests              ids split by ``;`` (a known special-category one is kept apart by itself)
sensitive_interests    the same, published apart, to the segmenter only
preferred_channel      sms or email
consent_sms            yes (service, campaign, ballot_notice, survey, emergency), all, no, or purposes split by ``;``
consent_email          the same
consent_wording        version of the wording agreed to; needed with a consent
consent_at             date or date-time with zone, not in the future; needed with a consent
consent_source         where the consent was given; blank is ``roll``
=====================  =========================================================================================

A blank cell changes nothing and removes nothing. A person in two branches has two rows with the same number; cells that
describe the person must agree or be blank in one. A second row for the same branch is rejected, whether it is the same
or differs. Line numbers count lines of the file; the header is line 1.
"""

import csv
import io
from collections.abc import Iterator, Sequence

from chassis.errors import Fault, Refused
from members.domain.field_types import MAX_MEMBERSHIP_NUMBER_LENGTH
from members.domain.imports.columns import READERS, REQUIRED

Line = tuple[int, list[str]]
"""The number of a row's first line, and its cells."""


def open_csv(data: bytes) -> tuple[tuple[str, ...], Iterator[Line]]:
    """The header, and the rows that are not blank. Raises Refused for the file's encoding, header or quoting."""
    lines = csv.reader(io.StringIO(_decode(data), newline=""), strict=True)
    try:
        header = tuple(cell.strip() for cell in next(lines))
    except StopIteration:
        raise Refused("the file is empty", field="body") from None
    except csv.Error as error:
        raise Refused(f"the header cannot be read: {error}", field="header") from None
    _check_header(header)

    def rows() -> Iterator[Line]:
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

    return header, rows()


def membership_number(cells: Sequence[str], header: Sequence[str]) -> str | None:
    """The number in a row; None where the row has not one cell for each column, or the number is blank or too long."""
    number = cells[header.index("membership_number")].strip() if len(cells) == len(header) else ""
    return number if 0 < len(number) <= MAX_MEMBERSHIP_NUMBER_LENGTH else None


def membership_numbers(data: bytes) -> set[str]:
    """Every membership number in the file, much faster than reading its rows. Raises Refused as `open_csv` does."""
    header, rows = open_csv(data)
    return {number for _, cells in rows if (number := membership_number(cells, header))}


def _decode(data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise Refused("the file is UTF-16; save it as CSV UTF-8", field="body")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Refused(f"the file is not UTF-8 (line {line}); save it as CSV UTF-8", field="body") from None
    if "\0" in text:
        raise Refused(f"the file holds a NUL byte (line {text[: text.index(chr(0))].count(chr(10)) + 1})", field="body")
    return text


def _check_header(header: Sequence[str]) -> None:
    faults = [Fault(f"header.{name}"[:100], "is not a column of the roll") for name in header if name not in READERS]
    faults += [Fault(f"header.{name}", "is missing") for name in REQUIRED if name not in header]
    faults += [Fault(f"header.{name}", "is there twice") for name in sorted(set(header)) if header.count(name) > 1]
    if faults and len(header) == 1 and any(mark in header[0] for mark in ";\t|"):
        raise Refused("the columns are not separated by commas", field="header")
    if faults:
        raise Refused("the header is wrong", faults=faults[:50])
