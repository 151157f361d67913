"""A campaign that fails alone is put aside and the others go on; when most of them fail, the worker ends."""

import asyncio
import sys
from functools import partial
from typing import Any

from chassis.db.database import Database
from segmenter.app import build
from segmenter.domain.campaigns.quarantine import most_fail
from segmenter.settings import Settings
from sqlalchemy import text

from tests.segmenter.union import Union
from tests.support.facts import eventually
from tests.support.replicas import environment
from tests.support.world import World

UNREADABLE = "UPDATE campaigns SET definition = definition - 'channels' WHERE campaign_id = :id"
WITHOUT_RULE = "UPDATE campaigns SET rule = NULL WHERE campaign_id = :id"
READABLE = "UPDATE campaigns SET definition = jsonb_set(definition, '{channels}', :channels) WHERE campaign_id = :id"
verbs, worker = partial(build, worker=False), partial(build, verbs=False)


async def change(world: World, statement: str, **values: object) -> None:
    """Change a stored campaign behind the service's back."""
    database = Database(world.database_url("segmenter"))
    async with database.transaction() as session:
        await session.execute(text(statement), values)
    await database.close()


async def listed(union: Union) -> dict[str, list[dict[str, Any]]]:
    """The list of campaigns."""
    return dict((await union.client.get("/campaigns")).json())


async def test_a_campaign_that_fails_alone_is_put_aside_and_the_verbs_need_no_worker(own_world: World) -> None:
    settings = own_world.settings(Settings)
    async with own_world.running(verbs, settings) as client:
        union = Union(own_world, client)
        async with own_world.running(worker, settings):
            await union.joined_by(union.member())
        segment = await union.segment()
        spoilt, bug, *sound = [await union.launched(segment_id=segment) for _ in range(4)]
        await change(own_world, UNREADABLE, id=spoilt)
        await change(own_world, WITHOUT_RULE, id=bug)
        for path in (f"/campaigns/{sound[0]}/pause", f"/campaigns/{sound[0]}/resume"):
            assert (await client.post(path)).status_code == 200
        for path in ("/sending/stop", "/sending/lift"):
            assert (await client.post(path, json={"reason": "a try"})).status_code == 200
        refused = await client.post(f"/campaigns/{spoilt}/pause")
        assert refused.status_code == 409
        assert "cannot be read: definition.channels" in refused.json()["detail"]

        application = worker(settings)
        async with own_world.running(lambda _: application, settings):
            for campaign_id in sound:
                await union.requests(campaign_id, 1)
            metric = application.metrics.registry.get_sample_value
            await eventually(lambda: metric("campaigns_quarantined") == 2)
        seen = await listed(union)
        (unreadable,) = seen["unreadable"]
        assert (unreadable["campaign_id"], unreadable["state"]) == (spoilt, "launched")
        assert unreadable["reason"] == "cannot be read: definition.channels"
        reasons = {each["campaign_id"]: each["quarantine_reason"] for each in seen["items"]}
        assert reasons == {bug: "AssertionError in _topics_needed", **dict.fromkeys(sound)}

        channels = '{"rule": "preferred_else_next", "order": ["sms", "email"]}'
        await change(own_world, READABLE, id=spoilt, channels=channels)
        async with own_world.running(worker, settings):
            await union.requests(spoilt, 1)
        assert (await listed(union))["unreadable"] == []


async def test_when_most_campaigns_fail_the_worker_ends_and_the_verbs_answer(own_world: World) -> None:
    settings = own_world.settings(Settings)
    async with own_world.running(verbs, settings) as client:
        union = Union(own_world, client)
        async with own_world.running(worker, settings):
            await union.joined_by(union.member())
        segment = await union.segment()
        for _ in range(3):
            await change(own_world, UNREADABLE, id=await union.launched(segment_id=segment))
        argv = (sys.executable, "-m", "segmenter", "worker")
        process = await asyncio.create_subprocess_exec(
            *argv, env=environment(settings), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        said, _ = await asyncio.wait_for(process.communicate(), 120)
        assert process.returncode == 1
        assert b"most campaigns fail" in said
        assert (await client.post("/sending/stop", json={"reason": "to see to it"})).status_code == 200
        assert len((await listed(union))["unreadable"]) == 3


def test_a_few_are_put_aside_and_most_are_not() -> None:
    assert [most_fail(failing, 3) for failing in (1, 2, 3)] == [False, False, True]
    assert [most_fail(failing, 10) for failing in (2, 5, 6)] == [False, False, True]
