"""CSV file of a roll: encoding, header and lines.

The file is stored as it comes and read in the background: the import says how far that is. Nothing is written to
members before it is applied.

Format: UTF-8 (a byte order mark is allowed), comma separated, double quotes, one header line, columns in any order. A
line ``sep=;`` before the header names another separator: ``,`` ``;`` ``|`` or a tab.

=====================  =========================================================================================
membership_number *    1 to 40 letters, digits or ``. _ / -``; stays in this service
given_name *           up to 100 characters; blank for a person with a family name only
family_name *          up to 100 characters; blank for a person with a given name only
branch *               id of a body of kind branch
workplace              id of a body of kind workplace in that branch
mobile, phone          national (default region) or +44…; a landline is kept with ``textable`` false; 447400123456.0 is
                       read without its .0, and 4.474E+11 is rejected: it has lost digits
email                  an address
language               two or three letters, such as en or cy; blank for a new member is en
time_zone              such as Europe/London, which is also what blank means for a new member
birthday, joined       YYYY-MM-DD, a day of the calendar, not in the future
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

Blanks around a cell, doubled blanks and characters that nobody sees (a zero-width space, say) are left out, and letters
are composed (NFC). Empty columns at the end do not matter. In rejected.csv an apostrophe stands before whatever a
spreadsheet would run as a formula; corrected, that file is read as a roll again, without its first three columns and
these apostrophes.

A blank cell changes nothing and removes nothing. A person in two branches has two rows with the same number; cells that
describe the person must agree or be blank in one. A second row for the same branch is rejected, whether it is the same
or differs. Line numbers count lines of the file; the header is line 1.
"""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from chassis.errors import Fault, Refused
from contracts.plain_text import clean
from members.domain.field_types import MAX_MEMBERSHIP_NUMBER_LENGTH
from members.domain.imports.columns import NAMES, READERS, REQUIRED
from members.domain.imports.spreadsheets import restored

Line = tuple[int, list[str]]
"""The number of a row's first line, and its cells."""
REPORT_COLUMNS = ("row", "column", "reason")
"""The first columns of a file of rejected rows; left out when it is read again."""
_SEPARATOR = re.compile(r'\A"?sep=(.*?)"?(?:\r\n|\r|\n|\Z)', re.IGNORECASE)
_MARK = b"\xef\xbb\xbf"
"""The byte order mark of UTF-8."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file is laid out, as its beginning says. Its rows follow after `offset` bytes and `line` lines."""

    header: tuple[str, ...]
    separator: str
    skipped: int
    offset: int
    line: int


@dataclass(frozen=True, slots=True)
class Window:
    """Whole rows of a part of a file, the bytes that they take with blank ones, and the number of their last line."""

    rows: list[Line]
    size: int
    line: int


class _Lines:
    """Lines of a text with their ends, counted in bytes."""

    def __init__(self, text: str) -> None:
        self._lines, self.size, self.ended = io.StringIO(text, newline=""), 0, False

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        line = self._lines.readline()
        if not line:
            self.ended = True
            raise StopIteration
        self.size += len(line.encode())
        return line


def read_layout(beginning: bytes, *, whole: bool) -> Layout:
    """Raises Refused for the file's encoding or header. `whole`: the file ends with these bytes."""
    if beginning[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise Refused("the file is UTF-16; save it as CSV UTF-8", field="body")
    mark = len(_MARK) if beginning.startswith(_MARK) else 0
    text = _decoded(beginning[mark:], 0, whole=whole)
    named = _SEPARATOR.match(text)
    separator, before, start = (named[1], 1, named.end()) if named else (",", 0, 0)
    if separator not in (",", ";", "|", "\t"):
        raise Refused("the line sep= names none of the separators , ; | and tab", field="line 1")
    lines = _Lines(text[start:])
    reader = csv.reader(lines, strict=True, delimiter=separator, skipinitialspace=True)
    try:
        columns = _cells(next(reader))
    except StopIteration:
        raise Refused("the file is empty", field="body") from None
    except csv.Error as error:
        raise Refused(f"the header cannot be read: {error}", field="header") from None
    skipped = len(REPORT_COLUMNS) if tuple(columns[: len(REPORT_COLUMNS)]) == REPORT_COLUMNS else 0
    header = tuple(_without_blank_end(columns[skipped:], 0))
    _check_header(header, separator)
    offset = mark + len(text[:start].encode()) + lines.size
    return Layout(header, separator, skipped, offset, before + reader.line_num)


def read_window(data: bytes, layout: Layout, *, last: bool) -> Window:
    """The rows in the bytes that begin where the layout says; one that the bytes do not hold to its end is left to the
    next window, unless this is the last. Raises Refused for encoding or quoting."""
    line = layout.line
    lines = _Lines(_decoded(data, line, whole=last))
    reader = csv.reader(lines, strict=True, delimiter=layout.separator, skipinitialspace=True)
    rows: list[Line] = []
    size, number = 0, line
    while True:
        try:
            cells = _cells(next(reader))[layout.skipped :]
        except StopIteration:
            break
        except csv.Error as error:
            if lines.ended and not last:
                break
            raise Refused(f"line {number + 1}: {error}", field=f"line {number + 1}") from None
        if any(cell.strip() for cell in cells):
            rows.append((number + 1, _without_blank_end(cells, len(layout.header))))
        size, number = lines.size, line + reader.line_num
    if not size and not last:
        raise Refused(f"line {number + 1}: the row does not end; is a quote missing?", field=f"line {number + 1}")
    return Window(rows, size, number)


def _cells(cells: Sequence[str]) -> list[str]:
    text = "".join(cells)
    plain = text.isascii() and text.isprintable() and not any(mark in text for mark in ("  ", "'", '"'))
    return [cell.strip() if plain else _cell(cell) for cell in cells]


def _cell(cell: str) -> str:
    """The cell cleaned, and without quotes that stood behind a blank; one with a control character as it is."""
    try:
        text = clean(restored(cell))
    except ValueError:
        return restored(cell)
    quoted = text[:1] == text[-1:] == '"' and text.count('"') == 2 and cell[0] != '"'
    return text[1:-1].strip() if quoted else text


def _without_blank_end(cells: list[str], length: int) -> list[str]:
    """The cells without blank ones at the end, `length` of them at least."""
    while len(cells) > length and not cells[-1]:
        cells.pop()
    return cells


def membership_number(cells: Sequence[str], header: Sequence[str]) -> str | None:
    """The number in a row; None where the row has not one cell for each column, or the number is blank or too long."""
    number = cells[header.index("membership_number")].strip() if len(cells) == len(header) else ""
    return number if 0 < len(number) <= MAX_MEMBERSHIP_NUMBER_LENGTH else None


def _decoded(data: bytes, line: int, *, whole: bool) -> str:
    """The text of whole lines, after `line` others."""
    end = len(data) if whole else max(data.rfind(b"\n"), data.rfind(b"\r", 0, -1)) + 1
    try:
        text = data[:end].decode()
    except UnicodeDecodeError as error:
        line += data.count(b"\n", 0, error.start) + 1
        raise Refused(f"the file is not UTF-8 (line {line}); save it as CSV UTF-8", field="body") from None
    if "\0" in text:
        line += text.count("\n", 0, text.index("\0")) + 1
        raise Refused(f"the file holds a NUL byte (line {line})", field="body")
    return text


def _check_header(header: Sequence[str], separator: str) -> None:
    faults = [Fault(f"header.{name}"[:100], "is not a column of the roll") for name in header if name not in READERS]
    faults += [Fault(f"header.{name}", "is missing") for name in (*REQUIRED, *NAMES) if name not in header]
    faults += [Fault(f"header.{name}", "is there twice") for name in sorted(set(header)) if header.count(name) > 1]
    if faults and len(header) == 1 and any(mark in header[0] for mark in ";\t|"):
        expected = "commas" if separator == "," else "the separator that the line sep= names"
        raise Refused(f"the columns are not separated by {expected}", field="header")
    if faults:
        raise Refused("the header is wrong", faults=faults[:50])
