"""What makes a run, and a series of runs, hold: every criterion fails where it is not met."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID, uuid4

import orjson
import pytest
from muster_chaos.results import acceptance_share, held_emails
from muster_chaos.results.acceptance_share import FaultedDelivery, Grounds, RefusedDelivery, Share, WrittenText
from muster_chaos.results.held_emails import Attempt, Held
from muster_chaos.results.measurements import TextedAnswers, as_json, vanished
from muster_chaos.results.opt_outs import OptOuts
from muster_chaos.run_request import RunRequest
from muster_chaos.series import Run, summed
from muster_demo.judge import Evidence, Planned, Row
from muster_demo.membership_roll import make_roll
from sandbox.journal.lines import BodyProgress

from tests.chaos.figures import figures

_THEN = datetime(2026, 11, 22, 12, tzinfo=UTC)
_NAMED = {
    *("seed", "kills", "failpoints_hit", "accepted", "lost", "duplicates", "in_doubt", "held", "drain_seconds"),
}
"""What everybody who reads `.muster/chaos.json` may count on."""
_ASKED = RunRequest(seed=1, kills=125, members=600, code="abc")


def runs(number: int = 8, **changed: Any) -> list[Run]:
    return [figures(RunRequest(seed, 125, 600), **changed) for seed in range(1, number + 1)]


def test_a_sum_of_runs_holds_only_if_each_does() -> None:
    both = summed([*runs(1), figures(RunRequest(2, 125, 600), lost=1, drain_seconds=11.0)])
    assert (both["seeds"], both["kills"]["members"], both["kills_in_all"]) == ([1, 2], 50, 50 * len(both["kills"]))
    assert (both["holds"], both["drain_seconds"], both["failpoints_missed"]) == (False, 11.0, [])
    assert summed(runs(1))["holds"]


def test_one_run_names_its_seed_and_every_sum_its_scale_and_settings() -> None:
    one, two = summed(runs(1)), summed(runs(2))
    assert (one["seed"], one["seeds"]) == (1, [1])
    assert (two["seed"], two["seeds"]) == (1, [1, 2])
    assert two.keys() >= _NAMED
    assert one["scale"]["Q"] >= one["scale"]["P"] + one["scale"]["L"] + one["scale"]["V"]
    assert one["settings"] == {"ballot": {"COUNT_GRACE_SECONDS": "2"}}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"kills": {"members": 150, "kafka": 6}}, "kafka killed only 48 times"),
        ({"failpoints_hit": {"sender.claimed": 3}}, "failpoint intake.before-commit never hit"),
        ({"faults_hit": {"list.lag": 1}}, "sms.late-accept struck in none of the runs"),
        ({"faults_hit": {"sms.late-accept": 1}}, "list.lag struck in none of the runs"),
    ],
)
def test_a_thousand_kills_have_to_have_shown_everything(changed: dict[str, Any], said: str) -> None:
    assert summed(runs())["holds"]
    found = summed(runs(**changed))
    assert said in found["missing"]
    assert not found["holds"]
    assert summed(runs(2, **changed))["holds"], "of fewer kills it is not asked"


@pytest.mark.parametrize(
    "changed",
    [
        {"duplicates": 1},
        {"lost_events": ("meeting chaos-1-1",)},
        {"answers": TextedAnswers(5, 0, 4, 1, 0)},
        {"opt_outs": OptOuts(2, 0, ["the STOP SM1 was never taken"])},
        {"opt_outs": OptOuts(2, 0, (), ["one accepted after the STOP of its number"])},
        {"accepted_in_stops": ["one accepted after a confirmed stop"]},
        {"held": Held({"sms": 1}, (uuid4(),))},
        {"fell": {"segmenter": 1}},
        {"share": Share(ought=1000, accepted=989)},
        {"share": Share(ought=1000, accepted=1000, skipped={"member_unknown": 1})},
        {"share": Share(ought=1000, accepted=1000, skipped={"expired": 1})},
    ],
)
def test_a_run_does_not_hold_when_anything_is_wrong(changed: dict[str, Any]) -> None:
    assert figures(_ASKED)["holds"]
    assert not figures(_ASKED, **changed)["holds"]


@pytest.mark.parametrize(
    "other",
    [
        RunRequest(2, 125, 600, code="abc"),
        RunRequest(1, 60, 600, code="abc"),
        RunRequest(1, 125, 10_000, code="abc"),
        RunRequest(1, 125, 600, pace_seconds=1.0, code="abc"),
        RunRequest(1, 125, 600, code="def"),
        RunRequest(1, 125, 600, code="abc", incidents=("provider-outage",)),
    ],
)
def test_a_run_is_used_again_only_for_the_same_question(other: RunRequest) -> None:
    found = figures(_ASKED)
    assert _ASKED.done_by(found)
    assert not other.done_by(found)
    assert not _ASKED.done_by({**found, "scale": {**found["scale"], "Q": 1.0}})
    assert not _ASKED.done_by(figures(_ASKED, lost=1))


def rows(**states: int) -> list[tuple[UUID, Row]]:
    """`skipped_no_consent=3`: so many rows with that state and reason."""
    found = []
    for name, number in states.items():
        state, _, reason = name.partition("_")
        found += [(uuid4(), Row("sms", state, reason)) for _ in range(number)]
    return found


def test_a_stack_that_skips_everybody_does_not_hold() -> None:
    weighed = acceptance_share.share_of(100, rows(skipped_no_consent=100), set(), Grounds(unreachable=12))
    assert (weighed.ought, weighed.accepted) == (88, 0)
    assert weighed.faults() == ["only 0 of 88 deliveries accepted within the drain"]


def test_true_skips_and_refusals_by_a_fault_or_a_fate_are_not_held_against_anybody() -> None:
    ledgers = rows(delivered=90, skipped_no_consent=5, rejected=5)
    struck = {found for found, row in ledgers if row.state == "rejected"}
    assert acceptance_share.share_of(100, ledgers, struck, Grounds(unreachable=12)).faults() == []
    assert acceptance_share.share_of(100, ledgers, set(), Grounds(unreachable=12)).share == 90 / 95


def test_what_is_held_or_missing_when_the_drain_ends_was_not_accepted() -> None:
    weighed = acceptance_share.share_of(100, rows(delivered=96, held=2), set(), Grounds())
    assert weighed.share == 0.96


def test_the_sandbox_books_say_which_deliveries_were_refused_for_good() -> None:
    ids = [uuid4() for _ in range(5)]
    first, second, third, fourth, fifth = map(str, ids)
    refused: list[RefusedDelivery] = [{"delivery_id": first, "code": 21211}, {"delivery_id": second, "code": 20429}]
    refused += [{"delivery_id": third, "code": 450}, {"delivery_id": None, "code": 550}]
    faults: list[FaultedDelivery] = [{"delivery_id": fourth, "kind": "smtp.reply", "code": 552}]
    faults += [{"delivery_id": fifth, "kind": "sms.5xx-before", "code": None}]
    assert acceptance_share.struck_for_good(refused, faults) == {ids[0], ids[3]}


def test_the_grounds_for_skipping_come_from_the_roll_and_from_what_members_wrote() -> None:
    roll = make_roll(600, seed=1)
    inbound: list[WrittenText] = [{"from": "+447400000001", "body": "STOP"}, {"from": "+447400000002", "body": "1"}]
    found = acceptance_share.grounds(roll, 2, inbound, [])
    assert 30 <= found.bad_contact <= 100, "about one in twenty-five has a number or an address of a bad fate"
    assert found.unreachable <= 60, "who lacks consent on the roll is in no audience"
    assert found.already_took_part == 4
    assert found.suppressed < 20
    assert acceptance_share.grounds(roll, 2, [], []).already_took_part == 0


def test_a_union_half_skipped_for_want_of_consent_does_not_hold() -> None:
    """However many of the roll gave none: they were never planned."""
    roll = make_roll(2000, seed=1)
    weighed = acceptance_share.share_of(
        2000, rows(delivered=1600, skipped_no_consent=400), set(), acceptance_share.grounds(roll, 1, [], [])
    )
    assert weighed.faults() == [f"only 1600 of {weighed.ought} deliveries accepted within the drain"]


def attempt() -> Attempt:
    return Attempt(uuid4(), 2)


def step(mail: Attempt, what: Literal["offered", "begun"], *, gen: int = 2, after: float = 1.0) -> BodyProgress:
    at = (_THEN + timedelta(seconds=after)).isoformat()
    return {"delivery_id": str(mail.delivery_id), "gen": gen, "what": what, "at": at}


def hit(kind: str, after: float) -> tuple[str, datetime]:
    return kind, _THEN + timedelta(seconds=after)


Case = Callable[[Attempt], tuple[list[BodyProgress], list[tuple[str, datetime]]]]


@pytest.mark.parametrize(
    ("case", "unexplained"),
    [
        (lambda mail: ([step(mail, "begun")], []), 0),
        (lambda mail: ([step(mail, "begun", gen=1)], []), 1),
        (lambda mail: ([], [hit("dispatch-email", 1), hit("sandbox", 1), hit("postgres", 1)]), 1),
        (lambda mail: ([step(mail, "offered")], [hit("sandbox", 2)]), 0),
        (lambda mail: ([step(mail, "offered")], [hit("sandbox", 0.5)]), 1),
        (lambda mail: ([], []), 1),
    ],
)
def test_a_held_mail_is_explained_by_the_mail_servers_book(case: Case, unexplained: int) -> None:
    mail = attempt()
    found = held_emails.judge([mail], *case(mail))
    ids = (mail.delivery_id,)
    assert found == Held({"email": 1}, ids * unexplained, ids * (1 - unexplained))
    assert (found.broken_off(0), found.broken_off(1)) == ((), found.explained)


def test_a_held_text_is_never_explained_and_the_figures_of_what_is_held_can_be_kept() -> None:
    mail, text = attempt(), uuid4()
    found = held_emails.judge([mail], [step(mail, "begun")], [], texts=[text])
    assert found == Held({"sms": 1, "email": 1}, (text,), (mail.delivery_id,))
    kept = orjson.loads(as_json(figures(_ASKED, held=found)))
    assert (kept["held"]["by_channel"], kept["holds"]) == ({"sms": 1, "email": 1}, False)


def test_a_launched_campaign_without_an_audience_is_missed() -> None:
    there, gone = uuid4(), uuid4()
    found = Evidence([Planned(there, uuid4(), ("sms",))], [], [], {})
    assert vanished([str(there)], found) == []
    assert vanished([str(there), str(gone)], found) == [f"campaign {gone} was launched and has no audience"]
