"""Ballot's database restored from a backup: a poll that was closed stays closed, and its closing is published again."""

from typing import Any

from ballot.app import build
from ballot.settings import Settings
from contracts import topics
from contracts.events.ballots import BallotEvent

from tests.ballot.scenario import Scenario
from tests.support.facts import eventually
from tests.support.world import World


async def versions(world: World, poll: str, until: int) -> list[int]:
    """The published versions of the poll, once one is at least as high."""

    def published(found: list[Any]) -> list[int]:
        events = [one.event for one in found]
        return [one.version for one in events if isinstance(one, BallotEvent) and str(one.ballot_id) == poll]

    return published(
        await world.received(topics.BALLOTS, lambda found: max(published(found), default=0) >= until, within=60)
    )


async def test_a_restored_ballot_closes_the_poll_again_under_higher_versions(own_world: World) -> None:
    settings = own_world.settings(Settings, count_grace_seconds=0, scheduler_seconds=0.1, provider_keywords=False)
    server, name = own_world.databases.server, settings.database_url.rsplit("/", 1)[1]
    async with own_world.running(build, settings) as http:
        scenario = Scenario(own_world, http)
        await scenario.add_members(2)
        poll = await eventually(lambda: opened(scenario), within=60)
        (opening,) = await versions(own_world, poll, 1)
    backup = await server.database(f"{name}_backup", template=name)
    async with own_world.running(build, settings) as http:
        await Scenario(own_world, http).close_and_count(poll)
        before = await versions(own_world, poll, opening + 2)
    restored = settings.model_copy(update={"database_url": backup})
    async with own_world.running(build, restored) as http:
        await Scenario(own_world, http).result(poll, state="counted")
        after = await versions(own_world, poll, opening + 4)
    assert after[: len(before)] == before == [opening, opening + 1, opening + 2]
    assert after[len(before) :] == [opening + 3, opening + 4]


async def opened(scenario: Scenario) -> str | None:
    """An open poll, once ballot knows a member who may answer it."""
    try:
        return await scenario.open_poll()
    except AssertionError:
        return None
