"""The union-wide stop is published at once, and no delivery is requested while it holds."""

import asyncio

from contracts import topics
from contracts.events.campaigns import UNION_WIDE_STOP_KEY, SendingStopped
from segmenter.app import build
from segmenter.settings import Settings

from tests.segmenter.union import Union
from tests.support.facts import eventually
from tests.support.world import World


async def test_the_union_wide_stop_is_said_at_once_and_holds_the_fan_out(union: Union) -> None:
    await union.joined_by(*(union.member() for _ in range(4)))
    campaign = await union.campaign()
    summary = await union.summary(campaign["campaign_id"])
    await union.client.post("/sending/stop", json={"reason": "wrong text"})
    try:
        answer = await union.client.post(
            f"/campaigns/{campaign['campaign_id']}/approve", json={"summary": summary["hash"]}
        )
        assert answer.status_code == 409
        assert "stopped for the whole union" in answer.json()["detail"]
    finally:
        await union.client.post("/sending/lift", json={"reason": "mended"})
    said = await union.world.received(
        topics.CAMPAIGNS,
        lambda received: any(
            isinstance(one.event, SendingStopped) and one.event.reason == "mended" for one in received
        ),
    )
    stops = [one.event for one in said if isinstance(one.event, SendingStopped)]
    assert {one.subject for one in said if isinstance(one.event, SendingStopped)} == {UNION_WIDE_STOP_KEY}
    assert [event.stopped for event in stops[-2:]] == [True, False]
    assert [event.version for event in stops] == sorted({event.version for event in stops})


async def test_what_no_dispatcher_has_yet_is_cancelled_without_asking_them(union: Union) -> None:
    campaign_id = (await union.campaign())["campaign_id"]
    answer = await union.client.post(f"/campaigns/{campaign_id}/cancel")
    assert (answer.json()["state"], answer.json()["confirmations"]) == ("cancelled", [])


async def test_a_fan_out_under_way_stands_still_while_all_sending_is_stopped(own_world: World) -> None:
    step_by_step = own_world.settings(Settings, fanout_chunk=1, fanout_shard=100, fanout_workers=1)
    async with own_world.running(build, step_by_step) as client:
        union = Union(own_world, client)
        await union.joined_by(*(union.member() for _ in range(200)))
        campaign_id = await union.launched()
        await eventually(lambda: union.progress(campaign_id), until=lambda seen: seen["requested"] > 5)
        await client.post("/sending/stop", json={"reason": "wrong text"})

        async def stands_still() -> bool:
            then = (await union.progress(campaign_id))["requested"]
            await asyncio.sleep(1.5)
            return bool((await union.progress(campaign_id))["requested"] == then < 200)

        await eventually(stands_still)  # once the chunk under way is done
        assert await stands_still(), "a still moment would do the first time"
        await client.post("/sending/lift", json={"reason": "mended"})
        await eventually(lambda: union.progress(campaign_id), until=lambda seen: seen["requested"] == 200, within=60)
