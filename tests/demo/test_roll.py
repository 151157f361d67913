"""The demo's roll: the same every time, with every fault it is meant to have."""

import csv
import io
from collections import Counter

import phonenumbers
from muster_demo.membership_roll import COLUMNS, Roll, make_roll
from muster_demo.union import BRANCHES, REGIONS


def _rows(roll: Roll) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(roll.data.decode())))


def test_there_are_87_branches_in_12_regions() -> None:
    assert len({branch.slug for branch in BRANCHES}) == len(BRANCHES) == 87
    assert len(REGIONS) == 12


def test_the_roll_is_the_same_every_time() -> None:
    assert make_roll(500).data == make_roll(500).data


def test_the_full_roll_has_what_rolls_have() -> None:
    roll = make_roll(27_000)
    rows = _rows(roll)
    assert len(rows) == roll.lines
    assert set(rows[0]) == set(COLUMNS)
    assert len(roll.people) == len({person.number for person in roll.people}) == 27_000
    assert {person.branch for person in roll.people} == set(BRANCHES)
    numbers = Counter(person.mobile for person in roll.people if person.mobile)
    assert sum(count > 1 for count in numbers.values()) > 100, "shared telephones"
    assert sum(bool(person.landline) and not person.mobile for person in roll.people) > 500, "landlines"
    assert sum(person.second_branch is not None for person in roll.people) > 200, "people in two branches"
    assert sum(person.language == "cy" for person in roll.people) > 1000, "Welsh speakers"
    assert 100 < roll.faulty < 500
    repeated = Counter((row["membership_number"], row["branch"]) for row in rows)
    assert sum(count > 1 for count in repeated.values()) > 100, "duplicates"


def test_every_mobile_and_landline_is_a_valid_number_of_its_kind() -> None:
    for person in make_roll(2_000).people:
        if person.mobile:
            number = phonenumbers.parse(person.mobile, "GB")
            assert phonenumbers.is_valid_number(number)
            assert phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.MOBILE
        if person.landline:
            assert phonenumbers.is_valid_number(phonenumbers.parse(person.landline, "GB"))


def test_no_number_is_one_whose_receipt_never_comes() -> None:
    assert not [person for person in make_roll(5_000).people if person.mobile.endswith("999")]
