"""Progress figures are kept for a while; how often they are counted."""

import asyncio
from uuid import uuid4

import httpx
import pytest
from segmenter.app import build
from segmenter.service.progress import ProgressCache
from segmenter.settings import Settings

from tests.segmenter.union import Union
from tests.support.facts import eventually
from tests.support.world import World


class Counted:
    """A count that blocks until `go` is set, and the number of times it was started."""

    def __init__(self) -> None:
        self.times, self.go = 0, asyncio.Event()

    async def __call__(self) -> int:
        self.times += 1
        mine = self.times
        await self.go.wait()
        return mine


async def test_callers_who_come_together_have_it_counted_once() -> None:
    cache, counted, key = ProgressCache[int](3600), Counted(), uuid4()
    callers = [asyncio.create_task(cache.get(key, "v1", counted)) for _ in range(20)]
    await asyncio.sleep(0)
    counted.go.set()
    assert await asyncio.gather(*callers) == [1] * 20
    assert await cache.get(key, "v1", counted) == 1
    assert await cache.get(uuid4(), "v1", counted) == 2


async def test_what_has_moved_on_or_is_too_old_is_counted_anew() -> None:
    cache, counted, key = ProgressCache[int](3600), Counted(), uuid4()
    counted.go.set()
    assert [await cache.get(key, since, counted) for since in ("v1", "v1", "v2", "v2")] == [1, 1, 2, 2]
    at_once = ProgressCache[int](0)
    assert [await at_once.get(key, "v1", counted) for _ in range(2)] == [3, 4]


async def test_a_count_that_fails_is_nobody_elses_answer() -> None:
    cache, counted, key = ProgressCache[int](3600), Counted(), uuid4()
    counted.go.set()

    async def fails() -> int:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await cache.get(key, "v1", fails)
    assert await cache.get(key, "v1", counted) == 1


async def test_what_is_too_old_is_not_kept() -> None:
    cache, counted = ProgressCache[int](0), Counted()
    counted.go.set()
    for _ in range(5):
        await cache.get(uuid4(), "v1", counted)
    assert len(cache._entries) == 1


async def test_the_figures_may_be_old_and_the_state_never_is(own_world: World) -> None:
    async with own_world.running(build, own_world.settings(Settings, progress_seconds=3600)) as client:
        union = Union(own_world, client)
        await union.joined_by(union.member())
        campaign_id = await union.launched()
        (request,) = await union.requests(campaign_id, 1)
        before = await union.progress(campaign_id)
        await union.publish_status(request, "accepted", rev=2)
        await heard(client, union, request.member_id)
        assert await union.progress(campaign_id) == before
        for deed, state in (("pause", "paused"), ("cancel", "cancelled")):
            assert (await client.post(f"/campaigns/{campaign_id}/{deed}")).status_code == 200
            seen = await union.progress(campaign_id)
            assert (seen["state"], seen["by_status"]) == (state, {"accepted": 1})


async def heard(client: httpx.AsyncClient, union: Union, member_id: object) -> None:
    """Waits until the segmenter has the status of a member's delivery."""

    async def told() -> bool:
        return '"accepted"' in (await client.get(f"/members/{member_id}/history")).text

    await eventually(told)
