"""A background task's rhythm: at once while there is more, at a wake-up, and again after an outage."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import pytest
from chassis.db.database import Database
from chassis.errors import Unavailable
from chassis.periodic import Periodic, led_as_one
from chassis.wakeup import Wakeup
from sqlalchemy import text

from tests.support.world import World

_NEVER = 3600.0


class Steps:
    """Steps with given results, one after the other; the last one repeats."""

    def __init__(self, *answers: bool | Exception) -> None:
        self._answers = list(answers)
        self.calls: asyncio.Queue[int] = asyncio.Queue()
        self._made = 0

    @property
    def made_any(self) -> bool:
        return self._made > 0

    async def step(self) -> bool:
        self._made += 1
        self.calls.put_nowait(self._made)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def made(self, number: int) -> None:
        while await asyncio.wait_for(self.calls.get(), 20) < number:
            pass


@asynccontextmanager
async def running(task: Periodic) -> AsyncIterator[asyncio.Task[None]]:
    job = asyncio.create_task(task.run())
    yield job
    job.cancel()
    await asyncio.gather(job, return_exceptions=True)


async def test_a_step_with_more_to_do_is_called_again_at_once() -> None:
    steps = Steps(True, True, False)
    async with running(Periodic("three", steps.step, every=_NEVER)):
        await steps.made(3)
    assert steps.calls.empty()


async def test_a_wakeup_during_the_step_is_not_missed() -> None:
    wakeup, steps = Wakeup(), Steps(False)

    async def step() -> bool:
        if not steps.made_any:
            wakeup.set()
        return await steps.step()

    async with running(Periodic("woken", step, every=_NEVER, wakeup=wakeup)):
        await steps.made(2)


async def test_a_wakeup_reaches_every_task_that_waits_for_it() -> None:
    wakeup, first, second = Wakeup(), Steps(False), Steps(False)
    async with (
        running(Periodic("first", first.step, every=_NEVER, wakeup=wakeup)),
        running(Periodic("second", second.step, every=_NEVER, wakeup=wakeup)),
    ):
        await asyncio.gather(first.made(1), second.made(1))
        wakeup.set()
        await asyncio.gather(first.made(2), second.made(2))


async def test_what_is_unavailable_is_tried_again_and_a_bug_ends_the_task() -> None:
    steps = Steps(Unavailable("down"), ZeroDivisionError())
    async with running(Periodic("hurt", steps.step, every=_NEVER, retry=0.01)) as job:
        with pytest.raises(ZeroDivisionError):
            await asyncio.wait_for(job, 20)
    assert steps.calls.qsize() == 2


async def test_one_replica_runs_all_led_tasks_by_one_connection_and_the_next_takes_over_all(world: World) -> None:
    """Each of two processes has three led tasks: one runs them, and takes its gauges back when it stops."""
    url = await world.databases.database(f"{world.prefix.rstrip('.')}_led")
    replicas = [Database(url, pool_size=5) for _ in range(2)]
    steps = [[Steps(False) for _ in range(3)] for _ in replicas]
    resigned: list[int] = []

    def tasks(replica: int) -> list[Periodic]:
        return [
            Periodic(
                str(number), step.step, every=0.01, leader=replicas[replica], resigned=partial(resigned.append, replica)
            )
            for number, step in enumerate(steps[replica])
        ]

    (first,), (second,) = led_as_one(tasks(0)), led_as_one(tasks(1))
    leading = asyncio.create_task(first.run())
    for step in steps[0]:
        await step.made(2)
    waiting = asyncio.create_task(second.run())
    locks = text(
        "SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database"
        " WHERE locktype = 'advisory' AND datname = current_database()"
    )
    async with replicas[0].transaction() as session:
        assert (await session.execute(locks)).scalar_one() == 1
    assert not any(step.made_any for step in steps[1])
    leading.cancel()
    await asyncio.gather(leading, return_exceptions=True)
    for step in steps[1]:
        await step.made(2)
    assert resigned == [0, 0, 0]
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    for each in replicas:
        await each.close()


async def test_a_led_task_that_the_database_refuses_stops_no_other(world: World) -> None:
    url = await world.databases.database(f"{world.prefix.rstrip('.')}_refused")
    database, good = Database(url, pool_size=5), Steps(False)
    tried: asyncio.Queue[int] = asyncio.Queue()

    async def bad() -> None:
        tried.put_nowait(1)
        async with database.transaction() as session:
            await session.execute(text("SELECT * FROM nowhere"))

    (task,) = led_as_one(
        [
            Periodic("bad", bad, every=0.01, leader=database, retry=0.01),
            Periodic("good", good.step, every=0.01, leader=database),
        ]
    )
    job = asyncio.create_task(task.run())
    for _ in range(3):
        await asyncio.wait_for(tried.get(), 20)
    await good.made(3)
    assert good.made_any
    job.cancel()
    await asyncio.gather(job, return_exceptions=True)
    await database.close()
