"""Rolls as spreadsheets and membership systems write them."""

from datetime import UTC, datetime

import pytest
from chassis.errors import Refused
from hypothesis import given
from hypothesis import strategies as some
from members.domain.imports.csv_file import read_layout
from members.domain.imports.rows import RollContent
from members.domain.imports.spreadsheets import neutralised, restored
from members.domain.input_context import SENSITIVE_INTERESTS, InputContext

from tests.members.roll_files import person, read_roll, roll

CONTEXT = InputContext(datetime(2026, 3, 1, 12, tzinfo=UTC), "GB", SENSITIVE_INTERESTS)
HEADER = "membership_number,given_name,family_name,branch"


def read(*lines: str) -> RollContent:
    return read_roll("\r\n".join([*lines, ""]).encode(), CONTEXT)


def names(content: RollContent) -> list[tuple[str, str]]:
    assert content.rejections == []
    return [(row.submitted.given_name, row.submitted.family_name) for row in content.rows]


def reason(**cells: str) -> tuple[str, str]:
    (rejection,) = read_roll(roll([person("1", **cells)]), CONTEXT).rejections
    return rejection.column, rejection.reason


@pytest.mark.parametrize("blank", [" ", "   ", "\u00a0", "\u200b", "\ufeff"])
def test_a_blank_before_a_quoted_cell_is_no_part_of_the_name(blank: str) -> None:
    assert names(read(HEADER, f'1,{blank}"Ann",{blank}"Lee",leeds')) == [("Ann", "Lee")]


def test_quotes_that_belong_to_a_name_stay() -> None:
    assert names(read(HEADER, '1,"""Red"" Ann","""Lee""",leeds')) == [('"Red" Ann', '"Lee"')]


def test_empty_columns_at_the_end_do_not_matter() -> None:
    content = read(f"{HEADER},,", "1,Ann,Lee,leeds,,", "2,Bo,Lee,leeds", "3,Cy,Lee,leeds,,,,")
    assert read_layout(f"{HEADER},,\n".encode(), whole=True).header == tuple(HEADER.split(","))
    assert names(content) == [("Ann", "Lee"), ("Bo", "Lee"), ("Cy", "Lee")]


def test_a_cell_under_an_empty_column_keeps_its_row_out() -> None:
    (rejection,) = read(f"{HEADER},", "1,Ann,Lee,leeds,tutor").rejections
    assert rejection.reason == "has 5 cells, the header has 4"


@pytest.mark.parametrize("written", ["+447400123456.0", "447400123456.0", "7400123456.00", '"+447400123456,0"'])
def test_a_number_that_a_spreadsheet_took_for_an_amount_is_read(written: str) -> None:
    (row,) = read(f"{HEADER},mobile", f"1,Ann,Lee,leeds,{written}").rows
    assert [point.address for point in row.submitted.contact_points] == ["+447400123456"]


@pytest.mark.parametrize("written", ["4.474E+11", "4.47400123456E+11", "4E11", "+447400123456.5"])
def test_a_number_that_has_lost_digits_is_rejected(written: str) -> None:
    assert reason(mobile=written)[0] == "mobile"


@pytest.mark.parametrize(
    "written",
    ["A\u200bnn", "\ufeffAnn", "Ann\u200d", "An\u00adn", "\u202aAnn\u202c", "Ann\u2800", "Ann\ufe0f", "A\u200dnn"],
)
def test_what_nobody_sees_is_no_part_of_a_name(written: str) -> None:
    assert names(read(HEADER, f"1,{written},Lee,leeds")) == [("Ann", "Lee")]


@pytest.mark.parametrize("name", ["علی\u200cرضا", "क्\u200dष", "葛\U000e0100"])
def test_joiners_and_variants_that_a_script_needs_stay(name: str) -> None:
    assert names(read(HEADER, f"1,{name},Lee,leeds")) == [(name, "Lee")]


def test_an_invisible_character_hides_no_number_branch_or_column() -> None:
    content = read(f"\u200b{HEADER},\u00a0email\u200b", "U-1\u200b,Ann,Lee,\ufeffleeds,ann@example.org\u202c")
    assert names(content) == [("Ann", "Lee")]
    assert [row.cells for row in content.rows] == [("U-1", "Ann", "Lee", "leeds", "ann@example.org")]


@pytest.mark.parametrize(("given_name", "family_name"), [("Suharto", ""), ("", "Suharto")])
def test_a_person_with_one_name_is_taken(given_name: str, family_name: str) -> None:
    assert names(read(HEADER, f"1,{given_name},{family_name},leeds")) == [(given_name, family_name)]


def test_a_person_without_any_name_is_rejected() -> None:
    assert reason(given_name="", family_name="\u200b") == ("given_name", "is blank, and so is family_name")


@pytest.mark.parametrize(
    ("separator", "named"), [(";", "sep=;"), (",", "SEP=,"), ("\t", "sep=\t"), (";", '"sep=;"'), ("|", "\ufeffsep=|")]
)
def test_a_line_that_names_the_separator_is_followed(separator: str, named: str) -> None:
    lines = [HEADER, "1,Ann,Lee,leeds", "2,Bo,,"]
    content = read(named, *(line.replace(",", separator) for line in lines))
    assert [row.line for row in content.rows] == [3]
    assert [(item.line, item.column) for item in content.rejections] == [(4, "branch")]


@pytest.mark.parametrize("named", ["sep=", "sep=x", "sep=;;"])
def test_a_line_that_names_no_separator_is_refused_by_its_name(named: str) -> None:
    with pytest.raises(Refused, match="the line sep= names none"):
        read(named, HEADER)


def test_names_and_jobs_are_stored_in_composed_form() -> None:
    (row,) = read(
        f"{HEADER},job,employer", "1,Rene\u0301,Mu\u0308ller,leeds,infirmie\u0300re,Clinique  d\u2019E\u0301vian"
    ).rows
    place = row.submitted.memberships[0]
    assert (row.submitted.given_name, row.submitted.family_name) == ("Ren\u00e9", "M\u00fcller")
    assert (place.job, place.employer) == ("infirmi\u00e8re", "Clinique d\u2019\u00c9vian")


@pytest.mark.parametrize("day", ["1981-02-29", "1900-02-29", "1980-02-30", "1980-04-31", "1980-13-01", "0000-01-01"])
@pytest.mark.parametrize("column", ["birthday", "joined", "consent_at"])
def test_a_day_that_does_not_exist_is_named_as_such(day: str, column: str) -> None:
    consent = {"consent_sms": "yes", "consent_wording": "w"} if column == "consent_at" else {}
    assert reason(**consent, **{column: day}) == (column, "is a day that is not in the calendar of its year")


def test_a_time_on_a_day_that_does_not_exist_is_named_as_such() -> None:
    cells = {"consent_sms": "yes", "consent_wording": "w", "consent_at": "2025-02-29T10:00:00Z"}
    assert reason(**cells) == ("consent_at", "is a day that is not in the calendar of its year")


def test_29_february_of_a_leap_year_is_a_birthday() -> None:
    assert names(read(f"{HEADER},birthday", "1,Ann,Lee,leeds,1980-02-29")) == [("Ann", "Lee")]


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ('=HYPERLINK("https://example.org")', '\'=HYPERLINK("https://example.org")'),
        ("+447400123456", "'+447400123456"),
        ("-1", "'-1"),
        ("@SUM(1)", "'@SUM(1)"),
        ("\t=1", "'\t'=1"),
        (" =1", "' =1"),
        ("\uff1d1", "'\uff1d1"),
        ("a;=1", "a;'=1"),
        ("a\n=1", "a\n'=1"),
        ("'=1", "''=1"),
        ("O'Brien", "O'Brien"),
        ("'t Hooft", "'t Hooft"),
        ("Smith-Jones", "Smith-Jones"),
    ],
)
def test_whatever_a_spreadsheet_would_run_is_made_text(cell: str, written: str) -> None:
    assert neutralised(cell) == written
    assert restored(written) == cell


@given(some.text(alphabet="=+-@'; \t\r\n|aé\uff1d\u00a0", max_size=12))
def test_a_cell_survives_being_made_text(cell: str) -> None:
    assert restored(neutralised(cell)) == cell
