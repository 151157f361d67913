"""The roll: what is read, what is rejected with row, column and reason, and what makes the whole file unreadable."""

from datetime import UTC, datetime
from typing import Any

import phonenumbers
import pytest
from chassis.errors import Refused
from hypothesis import given
from hypothesis import strategies as some
from members.domain.imports.people import Person, group_rows
from members.domain.imports.rows import Rejection
from members.domain.input_context import SENSITIVE_INTERESTS, InputContext
from members.domain.members.contact_points import email_address, phone_number
from members.domain.units import Unit, UnitKind, UnitTree

from tests.members.roll_files import person, read_roll, roll

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
CONTEXT = InputContext(NOW, "GB", SENSITIVE_INTERESTS)
TREE: UnitTree = {
    "union": Unit("union", UnitKind.UNION, "Ours", None, ("union",), 1),
    "leeds": Unit("leeds", UnitKind.BRANCH, "Leeds", "union", ("union", "leeds"), 1),
    "york": Unit("york", UnitKind.BRANCH, "York", "union", ("union", "york"), 1),
    "college": Unit("college", UnitKind.WORKPLACE, "College", "leeds", ("union", "leeds", "college"), 1),
}


def people(*rows: dict[str, str]) -> tuple[list[Person], list[Rejection]]:
    content = read_roll(roll(rows), CONTEXT)
    found, misplaced = group_rows(content.rows, TREE)
    return found, [*content.rejections, *misplaced]


def rejected(*rows: dict[str, str]) -> list[tuple[int, str, str]]:
    return [(item.line, item.column, item.reason) for item in people(*rows)[1]]


def test_a_full_row_is_read_in_normal_form() -> None:
    (ann,), rejections = people(
        person(
            "1",
            mobile="07400 123456",
            phone="020 7946 0018",
            email="Ann.Lee@EXAMPLE.org",
            language="cy",
            birthday="1980-02-29",
            workplace="college",
            interests="pensions;climate;disabled-members",
            preferred_channel="email",
            consent_sms="yes",
            consent_email="campaign;survey",
            consent_wording="2026-01",
            consent_at="2026-01-05",
        )
    )
    submitted = ann.submitted
    assert rejections == []
    assert [(point.label, point.address, point.textable) for point in submitted.contact_points] == [
        ("mobile", "+447400123456", True),
        ("phone", "+442079460018", False),
        ("email", "Ann.Lee@example.org", False),
    ]
    assert (submitted.memberships[0].body, submitted.interests, submitted.sensitive_interests) == (
        "college",
        ("climate", "pensions"),
        ("disabled-members",),
    )
    assert {word.channel: len(word.purposes) for word in submitted.evidence} == {"sms": 5, "email": 2}
    assert {word.at for word in submitted.evidence} == {datetime(2026, 1, 5, tzinfo=UTC)}


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"membership_number": ""}, "membership_number"),
        ({"membership_number": "a b"}, "membership_number"),
        ({"given_name": " ", "family_name": ""}, "given_name"),
        ({"given_name": "\u200b\u3164", "family_name": "\u200d"}, "given_name"),
        ({"given_name": "A\u2028B"}, "given_name"),
        ({"given_name": "\u0958" * 60}, "given_name"),
        ({"given_name": "A\tB"}, "given_name"),
        ({"family_name": "x" * 101}, "family_name"),
        ({"mobile": "12"}, "mobile"),
        ({"mobile": "07700 900123"}, "mobile"),
        ({"mobile": "not a number"}, "mobile"),
        ({"mobile": "4.474001235E+11"}, "mobile"),
        ({"email": "ann at example.org"}, "email"),
        ({"language": "Welsh"}, "language"),
        ({"time_zone": "Leeds"}, "time_zone"),
        ({"birthday": "29/02/1980"}, "birthday"),
        ({"birthday": "1980-02-30"}, "birthday"),
        ({"birthday": "2026-03-02"}, "birthday"),
        ({"joined": "0001-01-01"}, "joined"),
        ({"branch": ""}, "branch"),
        ({"branch": "atlantis"}, "branch"),
        ({"branch": "union"}, "branch"),
        ({"workplace": "york"}, "workplace"),
        ({"interests": "Climate!"}, "interests"),
        ({"preferred_channel": "post"}, "preferred_channel"),
        ({"consent_sms": "perhaps"}, "consent_sms"),
        ({"consent_sms": "yes", "consent_at": "2026-01-01"}, "consent_wording"),
        ({"consent_sms": "yes", "consent_wording": "w"}, "consent_at"),
        ({"consent_sms": "yes", "consent_wording": "w", "consent_at": "2026-03-01T12:00:01Z"}, "consent_at"),
        ({"consent_sms": "yes", "consent_wording": "w", "consent_at": "2026-01-01T10:00:00"}, "consent_at"),
    ],
)
def test_a_wrong_cell_keeps_its_row_out_and_no_other(cells: dict[str, str], column: str) -> None:
    found, rejections = people(person("1"), person("2") | cells, person("3"))
    assert [item.submitted.membership_number for item in found] == ["1", "3"]
    assert [(item.line, item.column) for item in rejections] == [(3, column)]
    assert all(value not in rejections[0].reason for value in cells.values() if value.strip() and len(value) > 2)


def test_a_person_in_two_branches_is_one_person_with_two_memberships() -> None:
    (ann,), rejections = people(
        person("1", mobile="07400 123456", job="lecturer"),
        person("1", branch="york", email="a@example.org", job="tutor"),
    )
    assert rejections == []
    assert [row.line for row in ann.rows] == [2, 3]
    assert [(each.body, each.job) for each in ann.submitted.memberships] == [
        ("leeds", "lecturer"),
        ("york", "tutor"),
    ]
    assert {point.label for point in ann.submitted.contact_points} == {"mobile", "email"}


def test_a_row_twice_is_reported_whether_it_is_the_same_or_differs() -> None:
    assert rejected(
        person("1"), person("1"), person("1", job="tutor"), person("1", branch="york", given_name="Bob")
    ) == [
        (3, "membership_number", "the same as row 2"),
        (4, "membership_number", "a second row for this branch; differs from row 2"),
        (5, "given_name", "differs from row 2"),
    ]


def test_line_numbers_are_those_of_the_file_also_after_quoted_line_ends() -> None:
    head = "membership_number,given_name,family_name,branch,job\n"
    body = '1,Ann,Lee,leeds,"tutor, ""senior"""\n\n2,Bob,Ray,leeds,"two\nlines"\n3,,,leeds,\n4,too,few\n'
    content = read_roll(("\ufeff" + head + body).encode(), CONTEXT)
    assert [(row.line, row.values["job"]) for row in content.rows] == [(2, 'tutor, "senior"')]
    assert [(item.line, item.column) for item in content.rejections] == [(4, "job"), (6, "given_name"), (7, "")]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (b"membership_number;given_name;family_name;branch\n", "commas"),
        (b"membership_number,given_name,family_name\n", "branch is missing"),
        (b"membership_number,given_name,family_name,branch,branch\n", "branch is there twice"),
        (b"membership_number,given_name,family_name,branch,shoe_size\n", "shoe_size is not a column"),
        ("membership_number,given_name".encode("utf-16"), "UTF-16"),
        (roll([person("1", given_name="Siân")]).decode().encode("latin-1"), "not UTF-8 (line 2)"),
        (roll([person("1", given_name="A\0")]), "NUL byte (line 2)"),
        (roll([person("1", given_name='"open')]), "line 2"),
        (roll([person("1", given_name='"shut"x')]), "line 2"),
    ],
)
def test_a_file_that_cannot_be_read_as_a_whole_is_refused_with_the_reason(data: bytes, said: str) -> None:
    with pytest.raises(Refused) as refused:
        read_roll(data, CONTEXT)
    reasons = " ".join([refused.value.detail, *(f"{fault.field} {fault.reason}" for fault in refused.value.faults)])
    assert said in reasons.replace("header.", "")


@given(some.text(alphabet="0123456789+ ()-", min_size=3, max_size=18))
def test_a_number_is_taken_exactly_when_the_library_calls_it_valid(text: str) -> None:
    try:
        valid: Any = phonenumbers.is_valid_number(phonenumbers.parse(text, "GB"))
    except phonenumbers.NumberParseException:
        valid = False
    try:
        taken = bool(phone_number(text, "GB"))
    except ValueError:
        taken = False
    assert taken == valid


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("Ann.Lee+union@EXAMPLE.org", "Ann.Lee+union@example.org"),
        ("o'brien@example.org", "o'brien@example.org"),
        ("a@bücher.example", "a@bücher.example"),
    ],
)
def test_an_address_is_kept_in_normal_form(text: str, normal: str) -> None:
    assert email_address(text) == normal


@pytest.mark.parametrize(
    "text", ["", "@", "a@", "@b.org", "a.@b.org", "a@b", "a@b..org", "a b@c.org", f"{'x' * 65}@c.org"]
)
def test_what_is_no_address_is_refused_without_saying_it(text: str) -> None:
    with pytest.raises(ValueError, match=r"\Ais not a valid e-mail address\Z"):
        email_address(text)


@pytest.mark.parametrize(("number", "kept"), [("9" * 40, "9" * 40), ("9" * 41, None), ("?", "?"), ("x" * 5000, None)])
def test_a_rejected_row_keeps_a_number_that_somebody_may_have(number: str, kept: str | None) -> None:
    (rejection,) = read_roll(roll([person(number, mobile="12")]), CONTEXT).rejections
    assert (rejection.cells[0], rejection.membership_number) == (number, kept)
