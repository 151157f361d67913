"""What the disruptor counts, restarts and leaves alone: on processes that only sleep, in place of services."""

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from local_stack.processes import Child, Command
from local_stack.stack import Stack
from muster_chaos.disruption.disruptor import Disruptor
from muster_chaos.disruption.schedule import Scale

from tests.support.facts import eventually


class Sleepers(Stack):
    """Every service sleeps; `hold` stops its next start half way."""

    def __init__(self, root: Path, settings: dict[str, dict[str, str]]) -> None:
        super().__init__(root, root, settings=settings)
        self.started: list[tuple[str, bool]] = []
        """Each start: the name, and whether a failpoint was armed."""
        self.hold = asyncio.Event()
        self.hold.set()

    async def launch(self, name: str) -> None:
        self.started.append((name, "FAILPOINTS" in self._settings["ballot"]))
        child = await Child.start(Command(name, ("sleep", "600"), self.root / "log"))
        await self.hold.wait()
        self.children[name] = child

    async def ready(self, name: str, within: float = 0.0) -> None:
        assert self.children[name].running


@pytest.fixture
async def sleepers(tmp_path: Path) -> AsyncIterator[Sleepers]:
    settings: dict[str, dict[str, str]] = {"ballot": {}}
    stack = Sleepers(tmp_path, settings)
    await stack.launch("ballot")
    yield stack
    for child in stack.children.values():
        child.send(signal.SIGKILL)
        await child.wait()


@pytest.fixture
async def hitter(sleepers: Sleepers) -> AsyncIterator[Disruptor]:
    hitter = Disruptor(sleepers, {"ballot": sleepers._settings["ballot"]})  # type: ignore[dict-item]
    keeping = asyncio.create_task(hitter.keep())
    yield hitter
    assert not keeping.done(), keeping
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)


async def again(sleepers: Sleepers, starts: int) -> None:
    await eventually(lambda: len(sleepers.started) == starts and all(c.running for c in sleepers.children.values()))


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
async def test_what_ends_by_itself_has_fallen_and_is_started_again(
    sleepers: Sleepers, hitter: Disruptor, how: signal.Signals
) -> None:
    sleepers.children["ballot"].send(how)
    await again(sleepers, 2)
    assert (hitter.hits.fell, hitter.hits.kills) == ({"ballot": 1}, {})


async def test_what_is_still_armed_when_the_blows_end_is_replaced(sleepers: Sleepers, hitter: Disruptor) -> None:
    hitter._armed["ballot"] = "sender.claimed=1"
    await sleepers.kill("ballot")
    await again(sleepers, 2)
    assert sleepers.started[-1] == ("ballot", True)
    await hitter.disarm()
    await again(sleepers, 3)
    assert sleepers.started[-1] == ("ballot", False)
    assert hitter.hits.fell == {"ballot": 1}, "the kill above was nobody's blow; the replacement is no fall"


async def test_a_replica_that_is_removed_while_it_is_started_again_stays_removed(
    sleepers: Sleepers, hitter: Disruptor
) -> None:
    await hitter.carry_out(Scale("ballot", 2))
    await eventually(lambda: "ballot-2" in sleepers.children)
    sleepers.hold.clear()
    sleepers.children["ballot-2"].send(signal.SIGKILL)
    await eventually(lambda: len(sleepers.started) == 3)
    await hitter.carry_out(Scale("ballot", 1))
    await eventually(lambda: "ballot-2" not in sleepers.children)
    sleepers.hold.set()
    await hitter.disarm()
    sleepers.children["ballot"].send(signal.SIGTERM)
    await again(sleepers, 4)
    assert sleepers.children.keys() == {"ballot"}
