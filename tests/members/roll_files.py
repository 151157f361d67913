"""Rolls for tests."""

from collections.abc import Iterable, Mapping

from members.domain.imports.columns import READERS
from members.domain.imports.csv_file import read_layout, read_window
from members.domain.imports.rows import RollContent, read_rows
from members.domain.input_context import InputContext

COLUMNS = tuple(READERS)


def read_roll(data: bytes, context: InputContext) -> RollContent:
    """The rows of a whole file."""
    layout = read_layout(data, whole=True)
    return read_rows(read_window(data[layout.offset :], layout, last=True).rows, layout.header, context)


def roll(rows: Iterable[Mapping[str, str]], columns: Iterable[str] = COLUMNS) -> bytes:
    """A CSV file; missing cells are blank."""
    columns = list(columns)
    lines = [",".join(columns), *(",".join(row.get(column, "") for column in columns) for row in rows)]
    return ("\r\n".join(lines) + "\r\n").encode()


def person(number: str, **cells: str) -> dict[str, str]:
    """A row without a fault."""
    return {"membership_number": number, "given_name": "Ann", "family_name": "Lee", "branch": "leeds"} | cells


def many(count: int, branches: int) -> bytes:
    """A whole union's roll."""
    return roll(
        person(
            f"M{number:06d}",
            given_name=f"Given{number}",
            family_name=f"Family{number % 977}",
            mobile=f"07400 {number + 100000:06d}"[:13] if number % 5 else "",
            phone="020 7946 0018" if number % 17 == 0 else "",
            email=f"m{number}@example.org",
            birthday=f"19{50 + number % 50}-{1 + number % 12:02d}-{1 + number % 28:02d}",
            branch=f"b{number % branches:02d}",
            employer="City College",
            job="lecturer",
            joined="2019-09-01",
            interests="climate;pensions" if number % 3 == 0 else "",
            consent_sms="yes",
            consent_email="yes",
            consent_wording="2026-01",
            consent_at="2026-01-05",
        )
        for number in range(count)
    )
