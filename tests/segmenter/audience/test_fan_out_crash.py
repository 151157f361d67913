"""The fan-out survives a kill -9."""

import asyncio
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from pydantic import SecretStr
from segmenter.app import build
from segmenter.settings import Settings

from tests.segmenter.union import Union
from tests.support.facts import eventually
from tests.support.world import World


def environment(settings: Settings) -> dict[str, str]:
    """The settings as a process reads them."""
    given = {name: getattr(settings, name) for name in settings.model_fields_set}
    plain = {k: v.get_secret_value() if isinstance(v, SecretStr) else str(v) for k, v in given.items()}
    return {name.upper(): value for name, value in plain.items()}


@asynccontextmanager
async def process(settings: Settings) -> AsyncIterator[asyncio.subprocess.Process]:
    """The segmenter's worker as a process of its own; killed at the end if it still runs."""
    started = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "segmenter", "worker", env=environment(settings), stdout=asyncio.subprocess.DEVNULL
    )
    try:
        yield started
    finally:
        if started.returncode is None:
            started.kill()
        await started.wait()


async def test_a_killed_fan_out_is_taken_up_and_asks_for_exactly_the_audience(own_world: World) -> None:
    world = own_world
    slow = {"approval_above": 10_000}
    dies = {"failpoints": "fan-out.published=21"}
    victim = world.settings(Settings, fanout_chunk=1, fanout_shard=100, fanout_workers=2, **slow, **dies)
    async with world.running(partial(build, worker=False), world.settings(Settings, **slow)) as client:
        union = Union(world, client)
        async with process(victim) as running:
            people = await union.joined_by(*(union.member() for _ in range(300)))
            campaign_id = await union.launched()
            async with asyncio.timeout(60):
                assert await running.wait() == -signal.SIGKILL
    async with world.running(build, world.settings(Settings, fanout_chunk=50, **slow)) as client:
        union = Union(world, client)
        await eventually(lambda: union.progress(campaign_id), until=lambda now: now["fan_out_done"], within=60)
        requests = await union.requests(campaign_id, 300)
        assert {request.member_id for request in requests} == {person.member_id for person in people}
        of_member = Counter(request.member_id for request in {r.delivery_id: r for r in requests}.values())
        assert set(of_member.values()) == {1}
        assert (await union.progress(campaign_id))["requested"] == 300
