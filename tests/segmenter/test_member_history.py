"""What a member's history says, and to whom."""

from uuid import uuid4

from contracts import topics
from contracts.events.ballots import ParticipationRecorded

from tests.segmenter.union import NOW, Union
from tests.support.facts import eventually


async def test_a_history_tells_rule_consent_and_outcome(union: Union) -> None:
    member, silent = await union.joined_by(union.member(), union.member(consents=()))
    campaign_id = await union.launched()
    (request,) = await union.requests(campaign_id, 1)
    await union.publish_status(request, "delivered", rev=2)
    await eventually(lambda: union.progress(campaign_id), until=lambda seen: "delivered" in seen["by_status"])
    (item,) = await union.history(member.member_id)
    assert (item["campaign_id"], item["purpose"], item["skip_reason"]) == (campaign_id, "campaign", None)
    assert (item["rule"]["matched"], item["rule"]["rule"]["bodies"]) == (True, [union.name])
    assert {used["channel"]: used["consent_id"] for used in item["consents"]} == {
        word.channel: str(word.consent_id) for word in member.consents
    }
    (delivery,) = item["deliveries"]
    assert (delivery["delivery_id"], delivery["status"]) == (str(request.delivery_id), "delivered")
    (left_out,) = await union.history(silent.member_id)
    assert (left_out["skip_reason"], left_out["deliveries"], left_out["consents"]) == ("no_consent", [], [])


async def test_a_history_keeps_what_was_true_then(union: Union) -> None:
    (member,) = await union.joined_by(union.member(language="cy"))
    segment_id = await union.segment(
        {"kind": "all", "of": [{"kind": "body", "bodies": [union.name]}, {"kind": "language", "languages": ["cy"]}]}
    )
    await union.requests(await union.launched(segment_id=segment_id), 1)
    await union.publish(topics.MEMBERS, member.member_id, member.model_copy(update={"version": 2, "language": "en"}))
    await eventually(lambda: union.count({"kind": "language", "languages": ["cy"]}), until=lambda count: count == 0)
    (item,) = await union.history(member.member_id)
    assert [part["matched"] for part in item["rule"]["of"]] == [True, True]


async def test_a_branch_reads_the_history_of_its_own_members(union: Union) -> None:
    (member,) = await union.joined_by(union.member())
    assert await union.history(member.member_id, **union.of_branch()) == []
    path = f"/members/{member.member_id}/history"
    assert (await union.client.get(path, headers=union.of_branch("b"))).status_code == 404
    assert (await union.client.get(f"/members/{uuid4()}/history")).status_code == 404


async def test_a_history_does_not_tell_one_branch_what_another_does(union: Union) -> None:
    (member,) = await union.joined_by(union.member(memberships=(union.place("a"), union.place("b"))))
    await union.requests(await union.launched(name="The whole union's"), 1)
    segment_id = await union.segment({"kind": "body", "bodies": [f"{union.name}-b"]})
    await union.requests(await union.launched(name="B's own", segment_id=segment_id, body=f"{union.name}-b"), 1)
    seen = {item["name"]: item for item in await union.history(member.member_id, **union.of_branch())}
    assert seen.keys() == {None, "The whole union's"}
    assert (seen[None]["rule"], seen[None]["withheld"][:12]) == (None, "the campaign")
    own = {item["name"] for item in await union.history(member.member_id, **union.of_branch("b"))}
    assert own == {"B's own", "The whole union's"}


async def test_who_took_part_is_not_asked_again(union: Union) -> None:
    voted, asked = await union.joined_by(union.member(), union.member())
    poll_id = await union.poll()
    said = ParticipationRecorded(ballot_id=poll_id, member_id=voted.member_id, effect="voted", on=NOW.date())
    await union.publish(topics.PARTICIPATION, f"{poll_id}:{voted.member_id}", said)
    took_part = {"kind": "took_part", "ballot_id": str(poll_id)}
    await eventually(lambda: union.count(took_part), until=lambda count: count == 1)
    campaign_id = await union.launched(poll_id=str(poll_id))
    (request,) = await union.requests(campaign_id, 1)
    assert request.member_id == asked.member_id
    (item,) = await union.history(voted.member_id)
    assert item["skip_reason"] == "already_took_part"
