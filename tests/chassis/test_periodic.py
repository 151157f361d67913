"""A background task's rhythm: at once while there is more, at a wake-up, and again after an outage."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from chassis.errors import Unavailable
from chassis.periodic import Periodic
from chassis.wakeup import Wakeup

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
