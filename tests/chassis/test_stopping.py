"""A task that lost its cancellation is cancelled again."""

import asyncio

from chassis import tasks


async def test_a_task_that_lost_its_cancellation_ends_all_the_same() -> None:
    lost: list[str] = []

    async def stubborn() -> None:
        while True:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                if lost:
                    raise
                lost.append("once")

    task = asyncio.create_task(stubborn())
    await asyncio.sleep(0)
    await tasks.cancelled([task], again=0.05)
    assert (task.cancelled(), lost) == (True, ["once"])
