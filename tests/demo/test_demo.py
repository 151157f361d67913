"""A small demo, whole: it holds, it keeps what is personal to itself, and it leaves nothing running."""

import json
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest
from contracts.ids import Ids
from contracts.topics import DELIVERIES
from jsonschema import Draft202012Validator
from muster_demo.judge import judge
from muster_demo.roll import make_roll

from tests.demo.leaks import Seeker
from tests.demo.running import MEMBERS, Remains, alive, small_demo

_REPOSITORY = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
async def remains(tmp_path_factory: pytest.TempPathFactory) -> Remains:
    root = tmp_path_factory.mktemp("demo") / "stack"
    return await small_demo(root, _REPOSITORY / ".muster" / "kafka")


def test_the_sets_agree_and_every_answer_is_accounted_for(remains: Remains) -> None:
    assert remains.outcome.verdict.holds, remains.outcome.verdict.sentences()
    assert remains.outcome.answers.holds, remains.outcome.answers
    assert remains.outcome.figures["holds"]


def test_it_did_all_that_it_promises(remains: Remains) -> None:
    figures = remains.outcome.figures
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
    for value in remains.topics[DELIVERIES]:
        event = json.loads(value)
        if event["type"] not in validators:
            schema = (files("contracts") / "schemas" / f"{event['type']}.json").read_text()
            validators[event["type"]] = Draft202012Validator(json.loads(schema))
        validators[event["type"]].validate(event)
    assert {"delivery.accepted.v1", "delivery.delivered.v1", "delivery.skipped.v1"} <= validators.keys()


def test_a_plain_client_reads_deliveries(remains: Remains) -> None:
    assert remains.seen_by_a_plain_client > 0


def test_no_member_can_be_found_in_deliveries(remains: Remains) -> None:
    everything = b"\n".join(remains.topics[DELIVERIES]).decode()
    assert len(remains.member_ids) >= MEMBERS
    assert not [
        member for member in remains.member_ids if member in everything or member.replace("-", "") in everything
    ]


def test_no_topic_but_the_personal_ones_and_no_log_holds_a_number_an_address_or_a_name(remains: Remains) -> None:
    assert Seeker(MEMBERS).leaks(remains) == []


def test_what_is_looked_for_is_there_where_it_belongs(remains: Remains) -> None:
    """The search above would find it: the personal topics hold all three."""
    values = next(values for topic, values in remains.topics.items() if topic.name == "members")
    kinds = Seeker(MEMBERS).kinds(b"\n".join(values).decode())
    assert [kind.split()[0] for kind in kinds] == ["number", "address", "name"]


def test_a_leak_planted_on_purpose_is_found(remains: Remains) -> None:
    logs = remains.logs | {"ballot.log": f"{remains.logs['ballot.log']}POST /sms?To=%2B447400123456\n"}
    topics = remains.topics | {DELIVERIES: [*remains.topics[DELIVERIES], b'{"to":"ann@example.org"}']}
    leaks = Seeker(MEMBERS).leaks(replace(remains, logs=logs, topics=topics))
    assert leaks == ["deliveries: address @example.org", "ballot.log: number +447400123456"]


def test_the_logs_say_something(remains: Remains) -> None:
    for service in ("members", "segmenter", "dispatch-sms", "dispatch-email", "ballot", "sandbox"):
        assert len(remains.logs[f"{service}.log"].splitlines()) > 2


@pytest.mark.parametrize("who", ["skipped", "delivered", "answering"])
def test_the_joined_history_tells_why_and_what_happened(remains: Remains, who: str) -> None:
    history = remains.histories[who]
    assert not history["missing"]
    told = json.dumps(history)
    campaign = remains.outcome.figures["campaign_id"]
    for word in (campaign, "matched", "consent", "attempt", "delivered" if who != "skipped" else "skipped"):
        assert word in told, f"{word}: {told}"


def test_nothing_is_left_running(remains: Remains) -> None:
    assert len(remains.pids) == 6
    assert not [pid for pid in remains.pids if alive(pid)]
