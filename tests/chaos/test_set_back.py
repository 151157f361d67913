"""Row 15 of DELIVERY.md's crash matrix on real processes: the real data directory is copied back under all of them."""

from pathlib import Path

from local_stack.processes import Child
from local_stack.services import SERVICES

from tests.chaos.house import House
from tests.support.copies import Copy
from tests.support.facts import eventually

_NOT_YET = {"kind": "sms.429", "retry_after": 1, "probability": 1.0}


async def ended(child: Child) -> None:
    """By itself, as failed: whoever keeps it running starts it anew."""
    await eventually(lambda: not child.running, within=60)
    assert child.returncode == 1


async def test_15_a_database_put_back_under_running_processes_sends_nothing_twice_and_loses_nothing(
    house: House, tmp_path: Path
) -> None:
    """The backup holds a campaign that was asked for and not yet sent; after it everything is sent."""
    stack = house.stack
    copy = Copy(stack.postgres, stack.root / "postgres" / "data", tmp_path / "copy")
    body = await house.branch(6)
    await house.sandbox.faults(_NOT_YET)
    campaign = await house.campaign(body)
    await eventually(lambda: house.states(campaign), within=120, until=lambda seen: sum(seen.values()) == 6)
    await copy.take()
    assert await house.texts(campaign) == []
    await house.sandbox.faults()
    await house.settled(campaign, 6)
    await copy.put_back()  # before a dispatcher has heard its own deliveries, by which it would see what was sent
    kept = [service.name for service in SERVICES if service.name != "sandbox"]
    for name in kept:
        await ended(stack.children[name])
        assert "set back" in (stack.logs / f"{name}.log").read_text()
    for name in kept:
        await stack.restart(name)
    assert len(await house.settled(campaign, 6)) == 6
