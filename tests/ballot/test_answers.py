"""Decisions on unmatched answers, and what remains of the answers of an erased member."""

import pytest
from contracts.topics import PARTICIPATION

from tests.ballot.builders import STATUSES, member, reply
from tests.ballot.scenario import Scenario
from tests.support.facts import eventually


async def test_a_persons_decision_counts_and_is_recorded_and_taken_once(scenario: Scenario) -> None:
    ids = await scenario.add_members(2)
    poll_id = await scenario.open_poll()
    await scenario.publish_replies(reply(poll_id, ids[0], "done it!!"), reply(poll_id, ids[1], "who is this"))
    await scenario.result(poll_id, unmatched=2)
    meant, other = sorted(await scenario.list_answers(poll_id), key=lambda answer: answer["text"])
    path = f"/polls/{poll_id}/answers/{meant['answer_id']}/decision"
    decided = (await scenario.client.post(path, json={"option": "voted"})).raise_for_status().json()
    assert (decided["status"], decided["decided_by"]) == ("counted", "a-test-client")
    assert decided["decided_at"]
    assert "text" not in decided
    assert (await scenario.client.post(path, json={"option": "notyet"})).status_code == 409
    aside = f"/polls/{poll_id}/answers/{other['answer_id']}/decision"
    assert (await scenario.client.post(aside, json={"set_aside": True})).json()["status"] == "set_aside"
    events = await scenario.world.received(
        PARTICIPATION, until=lambda all_: any(poll_id in one.subject for one in all_)
    )
    assert [one.subject for one in events if poll_id in one.subject] == [f"{poll_id}:{ids[0]}"]


async def test_a_decision_after_the_count_is_counted_again(scenario: Scenario) -> None:
    (one,) = await scenario.add_members(1)
    poll_id = await scenario.open_poll()
    await scenario.publish_replies(reply(poll_id, one, "I did it"))
    await scenario.result(poll_id, unmatched=1)
    first = await scenario.close_and_count(poll_id)
    (answer,) = await scenario.list_answers(poll_id)
    path = f"/polls/{poll_id}/answers/{answer['answer_id']}/decision"
    (await scenario.client.post(path, json={"option": "voted"})).raise_for_status()
    again = await eventually(lambda: scenario.result(poll_id), until=lambda seen: seen["version"] > first["version"])
    assert (again["took_part"], first["took_part"]) == (1, 0)


@pytest.mark.parametrize(
    ("decision", "field"),
    [({}, "body"), ({"option": "voted", "set_aside": True}, "body"), ({"option": "perhaps"}, "option")],
)
async def test_a_decision_names_an_option_or_sets_aside(
    scenario: Scenario, decision: dict[str, object], field: str
) -> None:
    (one,) = await scenario.add_members(1)
    poll_id = await scenario.open_poll()
    await scenario.publish_replies(reply(poll_id, one, "eh"))
    await scenario.result(poll_id, unmatched=1)
    (answer,) = await scenario.list_answers(poll_id)
    refused = await scenario.client.post(f"/polls/{poll_id}/answers/{answer['answer_id']}/decision", json=decision)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == field
    assert (await scenario.result(poll_id))["unmatched"] == 1


async def test_an_erased_member_leaves_their_counted_answer_and_nothing_of_themselves(scenario: Scenario) -> None:
    gone, stays = await scenario.add_members(2)
    poll_id = await scenario.open_poll()
    await scenario.publish_replies(
        reply(poll_id, gone, "voted"), reply(poll_id, gone, "call me, Ann"), reply(poll_id, stays, "voted")
    )
    before = await scenario.result(poll_id, received=3, unmatched=1)
    await scenario.publish_erasure(gone)
    after = await scenario.result(poll_id, set_aside=1)
    assert (after["counted"], after["roll"]) == (before["counted"], before["roll"]) == (2, 2)
    everything = [answer for status in STATUSES for answer in await scenario.list_answers(poll_id, status)]
    assert {answer["member_id"] for answer in everything} == {None, str(stays)}
    assert "call me, Ann" not in {answer["text"] for answer in everything}
    history = await scenario.client.get(f"/members/{gone}/history")
    assert history.json() == {"member_id": str(gone), "entries": []}
    key = f"{poll_id}:{gone}"
    records = await scenario.world.raw(
        PARTICIPATION, until=lambda seen: [one.value is None for one in seen if one.key == key] == [False, True]
    )
    assert {one.key for one in records if poll_id in one.key} == {key, f"{poll_id}:{stays}"}


@pytest.mark.parametrize("only_tombstone", [False, True], ids=["by the event", "by its tombstone alone"])
async def test_an_erased_member_is_not_counted_again_by_a_late_text_or_snapshot(
    scenario: Scenario, only_tombstone: bool
) -> None:
    gone, _ = await scenario.add_members(2)
    poll_id = await scenario.open_poll()
    await scenario.publish_erasure(gone, only_tombstone=only_tombstone)
    await eventually(lambda: _size(scenario), until=lambda size: size == 1)
    await scenario.publish_members(member(scenario.membership("leeds"), member_id=gone, version=9))
    await scenario.publish_replies(reply(poll_id, gone, "voted"))
    await scenario.result(poll_id, not_on_roll=1)
    (answer,) = await scenario.list_answers(poll_id, "not_on_roll")
    assert answer["member_id"] is None
    later = await scenario.open_poll()
    assert (await scenario.client.get(f"/polls/{later}")).json()["roll"] == 1


async def _size(scenario: Scenario) -> int:
    return int((await scenario.client.get(f"/electorates/{scenario.union}")).json()["members"])
