"""Each service in turn is stopped in mid-campaign, by TERM and by kill -9: the sets still agree."""

import signal

from contracts.event import decode
from contracts.events.deliveries import DeliveryInDoubt
from contracts.ids import Ids
from contracts.topics import DELIVERIES
from muster_demo import evidence
from muster_demo.judge import Answers, judge
from muster_demo.run import settled

from tests.e2e.places import rows
from tests.e2e.stopping import SERVICES, Survived


async def test_every_service_was_stopped_twice_while_deliveries_were_waiting_and_calls_were_open(
    survived: Survived,
) -> None:
    stops = survived.stops
    assert [stop.service for stop in stops] == [name for name in SERVICES for _ in range(2)]
    assert [stop.signal for stop in stops] == [signal.SIGTERM, signal.SIGKILL] * len(SERVICES)
    assert all(stop.waiting for stop in stops), stops
    assert {stop.status for stop in stops if stop.signal is signal.SIGKILL} == {-signal.SIGKILL}
    assert survived.told.stack.crashed() == []


async def test_a_dispatcher_that_is_asked_to_stop_leaves_no_call_without_an_outcome(survived: Survived) -> None:
    stops = [stop for stop in survived.stops if stop.service.startswith("dispatch")]
    asked = [stop for stop in stops if stop.signal is signal.SIGTERM]
    killed = [stop for stop in stops if stop.signal is signal.SIGKILL]
    assert [stop.cut for stop in asked] == [frozenset(), frozenset()]
    assert all(stop.cut for stop in killed), "no call was open when they were killed, so nothing was tried"


async def test_the_sets_agree(survived: Survived) -> None:
    stack = survived.told.stack
    found = await settled(stack)
    verdict = judge(found, Ids(stack.secrets["ID_SECRET"].encode()).delivery)
    assert verdict.holds, verdict.sentences()
    assert verdict.sizes["planned"] >= 200
    assert verdict.sizes["journal"] == verdict.sizes["accepted"] > 200


async def test_no_text_was_ever_held_and_e_mail_only_where_a_dot_may_have_been_written(survived: Survived) -> None:
    stack, decided = survived.told.stack, survived.told.postmaster.decided
    events = [decode(value).event for value in await evidence.values(stack, DELIVERIES)]
    doubts = [event for event in events if isinstance(event, DeliveryInDoubt)]
    held = {(event.channel, event.delivery_id) for event in doubts if event.status == "held"}
    assert "sms" not in {channel for channel, _ in held}
    # A text that was cut is found by its receipt, or looked for: which of the two, nobody can say.
    assert await rows(stack, "dispatch-sms", "SELECT delivery_id FROM attempts WHERE outcome IS NULL") == []
    cut = {delivery for stop in survived.stops for delivery in stop.cut if stop.signal is signal.SIGKILL}
    assert held == {("email", delivery) for delivery in decided}
    assert decided.keys() <= cut


async def test_every_answer_is_accounted_for(survived: Survived) -> None:
    result = survived.told.story.facts["result"]
    sent = evidence.answers_sent(survived.told.stack.journal) + survived.told.story.link_answers
    statuses = ("counted", "superseded", "unmatched", "set_aside", "late", "early", "not_on_roll", "test")
    answers = Answers(sent, {status: result[status] for status in statuses if result[status]})
    assert answers.holds, answers
    assert survived.texted > 0, "nobody answered while the ballot was away"
    assert result["superseded"] > 0
