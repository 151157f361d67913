"""The search for personal data itself: it finds what it is made to find, however it is written."""

import pytest
from muster_demo.roll import make_roll

from tests.demo.leaks import Seeker

_MEMBERS = 300


@pytest.mark.parametrize(
    ("planted", "found"),
    [
        ("to=+447400123456", "number +447400123456"),
        ("To=%2B447401123456&", "number +447401123456"),
        ("url=%2Fx%3FTo%3D%252B447400123456", "number +447400123456"),
        ("dialled 07400 123456", "number 07400 123456"),
        ("ann@example.org", "address @example.org"),
        ("?to=ann%40example.org", "address @example.org"),
    ],
)
def test_a_number_and_an_address_are_found_percent_encoded_too(planted: str, found: str) -> None:
    assert Seeker(_MEMBERS).kinds(f"2026-11-22 09:40 {planted}\n") == [found]


@pytest.mark.parametrize("form", ["told {}", "%22{}%22", '{{"name":"{}"}}'])
def test_a_name_of_the_roll_is_found(form: str) -> None:
    name = make_roll(_MEMBERS).people[0].family_name
    assert Seeker(_MEMBERS).kinds(form.format(name)) == [f"name {name}"]


def test_ids_times_and_counts_are_no_leak() -> None:
    line = (
        "2026-11-22T09:40:53.359215+00:00 12345678-1234-4234-8234-123456789012 SM07400123456789012 offset=44740012345"
    )
    assert Seeker(_MEMBERS).kinds(line) == []
