"""The demo's command, on small rolls: it sees a fault, holds the second time, and keeps to itself what is personal."""

import json
from dataclasses import dataclass, replace
from importlib.resources import files

import pytest
from contracts import topics
from contracts.ids import Ids
from contracts.topics import DELIVERIES
from jsonschema import Draft202012Validator
from muster_demo.evidence import Record
from muster_demo.judge import judge
from muster_demo.membership_roll import make_roll

from tests.demo.leaks import Seeker, whole
from tests.demo.running import Home, Ran, Remains
from tests.support.facts import eventually

MEMBERS = 400
_KEYS = {
    "holds",
    "wall_seconds",
    "stages",
    "slowest_stage",
    "members",
    "campaign_id",
    "import",
    "events",
    "audience",
    "deliveries",
    "by_channel",
    "skipped",
    "judge",
    "answers",
    "poll",
    "turnout",
}


@dataclass(frozen=True)
class Twice:
    """A run that was spoiled, and the one after it in the same folder."""

    spoiled: Ran
    repeated: str
    remains: Remains
    fetched: bool


@pytest.fixture(scope="module")
async def twice(tmp_path_factory: pytest.TempPathFactory) -> Twice:
    home = Home(tmp_path_factory.mktemp("demo"))
    repeated: list[str] = []

    async def journal_a_text_twice() -> None:
        """As if the carrier had taken one message two times; the first ones are those that try the campaign out."""
        book = home.root / "journal" / "sms.jsonl"
        await eventually(lambda: book.exists() and book.read_bytes().endswith(b"\n"), within=600)
        line = book.read_bytes().splitlines(keepends=True)[0]
        with book.open("ab") as lines:
            lines.write(line)
        repeated.append(json.loads(line)["delivery_id"])

    jars = {path: path.stat().st_mtime_ns for path in (home.root.parent / "kafka").rglob("*")}
    spoiled = await home.demo(300, journal_a_text_twice)
    ran = await home.demo(MEMBERS)
    fetched = jars != {path: path.stat().st_mtime_ns for path in (home.root.parent / "kafka").rglob("*")}
    return Twice(spoiled, repeated[0], await home.remains(ran), fetched)


@pytest.fixture(scope="module")
def remains(twice: Twice) -> Remains:
    return twice.remains


def test_a_fault_that_the_judge_finds_is_said_and_fails_the_command(twice: Twice) -> None:
    assert twice.spoiled.code == 1, twice.spoiled.said
    assert "The sets do NOT agree" in twice.spoiled.said
    assert f"1 more than once in the journal: {twice.repeated}" in twice.spoiled.said
    assert not twice.spoiled.figures["holds"]
    assert twice.spoiled.figures["judge"] == {"more than once in the journal": [twice.repeated]}


def test_the_next_run_in_the_same_folder_fetches_nothing_and_holds(twice: Twice, remains: Remains) -> None:
    assert remains.ran.code == 0, remains.ran.said
    assert "The sets agree" in remains.ran.said
    assert not twice.fetched
    assert remains.ran.figures["holds"]
    assert remains.ran.figures["judge"] == {}
    assert remains.ran.figures["answers"]["holds"]


def test_the_figures_lie_where_readme_says_and_have_the_same_names_every_time(twice: Twice) -> None:
    for ran in (twice.spoiled, twice.remains.ran):
        assert ran.figures.keys() == _KEYS
        assert "The same figures: .muster/demo.json." in ran.said


def test_it_did_all_that_it_promises(remains: Remains) -> None:
    figures = remains.ran.figures
    assert figures["import"]["rejected"] == make_roll(MEMBERS).faulty
    assert figures["by_channel"]["sms"]["delivered"] > MEMBERS / 2
    assert figures["by_channel"]["email"]["accepted"] > MEMBERS / 10
    assert figures["answers"]["counted"] > 50
    assert figures["answers"]["superseded"] > 0
    assert figures["answers"]["unmatched"] > 0
    assert figures["answers"]["by_link"] > 0
    assert figures["turnout"]["roll"] == figures["members"]
    assert figures["slowest_stage"] in figures["stages"]


def test_the_judge_sees_one_row_that_is_missing(remains: Remains) -> None:
    ids = Ids(remains.id_secret)
    found = remains.evidence
    assert judge(found, ids.delivery).holds
    for lacking in (
        replace(found, ledgers=found.ledgers[1:]),
        replace(found, journal=found.journal[1:]),
        replace(found, audience=[member for member in found.audience if member.channels][1:]),
    ):
        assert not judge(lacking, ids.delivery).holds


def test_every_delivery_event_validates_against_its_stored_schema(remains: Remains) -> None:
    validators: dict[str, Draft202012Validator] = {}
    for record in remains.topics[DELIVERIES]:
        event = json.loads(record.value or b"")
        if event["type"] not in validators:
            schema = (files("contracts") / "schemas" / f"{event['type']}.json").read_text()
            validators[event["type"]] = Draft202012Validator(json.loads(schema))
        validators[event["type"]].validate(event)
    assert {"delivery.accepted.v1", "delivery.delivered.v1", "delivery.skipped.v1"} <= validators.keys()


def test_a_plain_client_reads_deliveries(remains: Remains) -> None:
    assert remains.seen_by_a_plain_client > 0


def test_no_member_can_be_found_in_deliveries(remains: Remains) -> None:
    everything = whole(remains.topics[DELIVERIES])
    assert len(remains.member_ids) >= MEMBERS
    assert not [
        member for member in remains.member_ids if member in everything or member.replace("-", "") in everything
    ]


def test_only_values_of_personal_topics_hold_a_number_an_address_or_a_name(remains: Remains) -> None:
    """No other topic, no key or header, no dead letter about nobody, no log, and not what the command says."""
    assert Seeker(MEMBERS).leaks(remains) == []


def test_what_is_looked_for_is_there_where_it_belongs(remains: Remains) -> None:
    """The search above would find it: the personal topics hold all three."""
    kinds = Seeker(MEMBERS).kinds(whole(remains.topics[topics.MEMBERS]))
    assert [kind.split()[0] for kind in kinds] == ["number", "address", "name"]


def test_a_leak_planted_on_purpose_is_found(remains: Remains) -> None:
    logs = remains.logs | {"ballot.log": f"{remains.logs['ballot.log']}POST /sms?To=%2B447400123456\n"}
    planted = Record(b"447400123456", b'{"to":"ann@example.org"}', (("to", b"ann@example.org"),))
    spoiled = remains.topics | {DELIVERIES: [*remains.topics[DELIVERIES], planted]}
    leaks = Seeker(MEMBERS).leaks(replace(remains, logs=logs, topics=spoiled))
    assert leaks == [
        "deliveries key: number 447400123456",
        "deliveries header: address @example.org",
        "deliveries value: address @example.org",
        "ballot.log: number +447400123456",
    ]


def test_the_logs_say_something(remains: Remains) -> None:
    for service in ("members", "segmenter", "segmenter-worker", "dispatch-sms", "dispatch-email", "ballot", "sandbox"):
        assert len(remains.logs[f"{service}.log"].splitlines()) > 2


def test_nothing_is_left_running(twice: Twice) -> None:
    assert (twice.spoiled.left, twice.remains.ran.left) == ([], [])
