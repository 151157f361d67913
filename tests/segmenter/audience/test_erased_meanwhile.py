"""Members who are erased while their campaign is frozen or fanned out."""

from contracts import topics
from contracts.events.members import MemberErased
from segmenter.app import build
from segmenter.repository.projection import members

from tests.segmenter.audience.halted import Halted, approved
from tests.segmenter.audience.long_freeze import freeze_held_open
from tests.segmenter.union import Union
from tests.support.facts import eventually


async def test_an_erasure_during_a_long_freeze_holds_up_nobody_and_reaches_the_audience(halted: Halted) -> None:
    async with halted.world.running(build, halted.settings) as client:
        union = Union(halted.world, client)
        erased, stays = await union.joined_by(union.member(), union.member())
        slow, alert = await approved(union), await approved(union, urgent=True)

        async def launch(campaign_id: str) -> None:
            confirmed = {"summary": (await union.summary(campaign_id))["hash"]}
            answer = await client.post(f"/campaigns/{campaign_id}/launch", json=confirmed)
            assert answer.status_code == 200, answer.text

        async with freeze_held_open(halted.database, slow) as waits:
            await launch(slow)
            await eventually(waits)
            event = MemberErased(member_id=erased.member_id, version=2)
            await union.publish(topics.MEMBERS, erased.member_id, event)
            await eventually(lambda: union.count(), until=lambda count: count == 1)
            await union.publish(topics.MEMBERS, (late := union.member()).member_id, late)
            await eventually(lambda: union.count(), until=lambda count: count == 2)
            await launch(alert)
            asked = await union.requests(alert, 2, topics.SMS_REQUESTS_URGENT)
            assert {request.member_id for request in asked} == {stays.member_id, late.member_id}
            assert await waits()
        asked = await union.requests(slow, 1)
        done = await eventually(lambda: union.progress(slow), until=lambda found: found["fan_out_done"])
        assert (done["audience"], done["planned_skips"], done["requested"]) == (2, {"erased": 1}, 1)
        assert [request.member_id for request in asked] == [stays.member_id]


async def test_who_is_erased_after_the_freeze_is_not_asked_for(halted: Halted) -> None:
    async with halted.world.running(build, halted.settings) as client:
        union = Union(halted.world, client)
        erased, stays = await union.joined_by(union.member(), union.member())
        campaign_id = await approved(union)
    await halted.launch(campaign_id)
    assert await halted.step()[0].freeze_next()
    async with halted.database.transaction() as session:
        await members.erase(session, [MemberErased(member_id=erased.member_id, version=2)])
    async with halted.world.running(build, halted.settings) as client:
        union.client = client
        asked = await union.requests(campaign_id, 1)
        done = await eventually(lambda: union.progress(campaign_id), until=lambda found: found["fan_out_done"])
    assert [request.member_id for request in asked] == [stays.member_id]
    assert done["skipped"] == {"erased": 1}
