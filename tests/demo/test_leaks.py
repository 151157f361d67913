"""The search for personal data itself: it finds what it is made to find, however it is written and wherever it lies."""

from dataclasses import replace

import pytest
from contracts.topics import BALLOTS, MEMBERS, Topic
from muster_demo.evidence import Record
from muster_demo.judge import Evidence
from muster_demo.membership_roll import make_roll

from tests.demo.leaks import Seeker
from tests.demo.running import DeadLetter, Ran, Remains

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


CLEAN = Remains(
    ran=Ran(code=0, said="The sets agree.\n", figures={}, left=[]),
    evidence=Evidence([], [], [], {}),
    id_secret=b"",
    member_ids=frozenset(),
    topics={BALLOTS: [Record(b"1", b"{}"), Record(b"2", None)], MEMBERS: [Record(b"3", b'{"to":"ann@example.org"}')]},
    letters=[],
    logs={"ballot.log": "started\n"},
    seen_by_a_plain_client=0,
)
TOLD = b'{"to":"ann@example.org"}'


def test_what_is_clean_is_clean_though_a_personal_topic_holds_an_address() -> None:
    assert Seeker(_MEMBERS).leaks(CLEAN) == []


@pytest.mark.parametrize(
    ("topic", "record", "where"),
    [
        (BALLOTS, Record(b"ann@example.org", b"{}"), "ballots key"),
        (BALLOTS, Record(b"ann@example.org", None), "ballots key"),
        (BALLOTS, Record(b"1", b"{}", (("to", b"ann@example.org"),)), "ballots header"),
        (BALLOTS, Record(b"1", TOLD), "ballots value"),
        (MEMBERS, Record(b"ann@example.org", b"{}"), "members key"),
        (MEMBERS, Record(b"1", b"{}", (("ann@example.org", b""),)), "members header"),
    ],
)
def test_it_is_found_in_every_part_of_a_record(topic: Topic, record: Record, where: str) -> None:
    spoiled = replace(CLEAN, topics=CLEAN.topics | {topic: [record]})
    assert Seeker(_MEMBERS).leaks(spoiled) == [f"{where}: address @example.org"]


@pytest.mark.parametrize(
    ("reason", "record", "where"),
    [
        ("not JSON", Record(b"1", TOLD), "members dead letter value"),
        ("not JSON", Record(b"1", b"", (("to", b"ann@example.org"),)), "members dead letter header"),
        ("not JSON", Record(b"ann@example.org", None), "members dead letter key"),
        ("no ann@example.org", Record(b"1", b""), "members dead letter reason"),
    ],
)
def test_it_is_found_in_every_part_of_a_dead_letter_about_nobody(reason: str, record: Record, where: str) -> None:
    spoiled = replace(CLEAN, letters=[DeadLetter("members", reason, record, about_nobody=True)])
    assert Seeker(_MEMBERS).leaks(spoiled) == [f"{where}: address @example.org"]


def test_a_letter_about_a_member_may_hold_what_they_are_called() -> None:
    letter = DeadLetter("members", "not JSON", Record(b"1", TOLD), about_nobody=False)
    assert Seeker(_MEMBERS).leaks(replace(CLEAN, letters=[letter])) == []


def test_it_is_found_on_the_console_and_in_a_log() -> None:
    name = make_roll(_MEMBERS).people[0].family_name
    said = replace(CLEAN, ran=replace(CLEAN.ran, said=f"The sets agree.\n{name} was texted.\n"))
    assert Seeker(_MEMBERS).leaks(said) == [f"console: name {name}"]
    logged = replace(CLEAN, logs={"ballot.log": f"started\nHeard of {name}\n"})
    assert Seeker(_MEMBERS).leaks(logged) == [f"ballot.log: name {name}"]
