"""After the broker was rebuilt empty, the owners of compacted topics publish them again."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any

import ballot.app
import ballot.settings
import httpx
import members.app
import members.settings
import pytest
import segmenter.app
import segmenter.settings
from ballot.service import members as electorate_members
from chassis.db.database import command_database
from chassis.kafka.catch_up import CatchUp
from chassis.kafka.producer import Kafka
from chassis.settings import ServiceSettings
from contracts.event import Event, Received
from contracts.events.ballots import BallotCounted, BallotEvent, ParticipationRecorded
from contracts.events.campaigns import CampaignCancelled, CampaignEvent, SendingStopped
from contracts.events.members import MemberChanged, MemberErased, SensitiveInterestsChanged
from contracts.topics import BALLOTS, CAMPAIGNS, MEMBERS, MEMBERS_SENSITIVE, PARTICIPATION, Topic
from segmenter.service import projection

from tests.ballot.builders import reply
from tests.ballot.scenario import Scenario
from tests.chassis.kafka.test_rebuilt import rebuild
from tests.chassis.muster import Said, muster
from tests.segmenter.union import Union
from tests.support.facts import eventually
from tests.support.world import World

Snapshots = dict[str, Event]
KINDS: dict[Topic, tuple[type[Event], ...]] = {
    CAMPAIGNS: (CampaignEvent, SendingStopped),
    BALLOTS: (BallotEvent,),
    PARTICIPATION: (ParticipationRecorded,),
}


async def standing(world: World, topic: Topic, enough: Callable[[Snapshots], bool]) -> Snapshots:
    """The last event of every key of a topic, once they are enough."""

    def last(found: list[Received]) -> Snapshots:
        return {one.subject: one.event for one in found if isinstance(one.event, KINDS[topic])}

    return last(await world.received(topic, lambda found: enough(last(found)), within=60))


async def stand_at(world: World, topic: Topic, versions: dict[str, int]) -> None:
    """Wait until these are the last versions of the members on a topic; an erasure counts as 0."""

    def last(found: list[Received]) -> dict[str, int]:
        events = [one.event for one in found]
        known = {
            str(event.member_id): 0 if isinstance(event, MemberErased) else event.version
            for event in events
            if isinstance(event, MemberChanged | MemberErased | SensitiveInterestsChanged)
        }
        return {member_id: known[member_id] for member_id in versions if member_id in known}

    await world.received(topic, lambda found: last(found) == versions, within=60)


async def joined(http: httpx.AsyncClient, name: str) -> str:
    named = {"membership_number": name, "given_name": name, "family_name": "Ng"}
    answer = await http.post("/members", json=named | {"sensitive_interests": ["disabled-members"]})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["member_id"])


async def campaigns_of_each_state(world: World, http: httpx.AsyncClient) -> Snapshots:
    union = Union(world, http)
    await union.joined_by(union.member())
    running, paused, cancelled = [await union.launched() for _ in range(3)]
    for campaign_id, verb in ((paused, "pause"), (cancelled, "cancel")):
        assert (await http.post(f"/campaigns/{campaign_id}/{verb}")).status_code == 200
    await union.campaign()
    for verb in ("stop", "lift"):
        assert (await http.post(f"/sending/{verb}", json={"reason": "wrong list"})).status_code == 200

    def enough(found: Snapshots) -> bool:
        lifted = any(isinstance(each, SendingStopped) and not each.stopped for each in found.values())
        return lifted and len(found) == 4 and isinstance(found.get(cancelled), CampaignCancelled) and running in found

    return await standing(world, CAMPAIGNS, enough)


async def polls_of_each_state(world: World, http: httpx.AsyncClient) -> tuple[Snapshots, Snapshots]:
    scenario = Scenario(world, http)
    voters = await scenario.add_members(2)
    await eventually(lambda: electorate(scenario), until=lambda count: count == 2)
    counted, _ = await scenario.open_poll(), await scenario.open_poll()
    await scenario.publish_replies(*(reply(counted, voter, "VOTED") for voter in voters))
    taken = await standing(world, PARTICIPATION, lambda found: len(found) == 2)
    await scenario.close_and_count(counted)
    polls = await standing(world, BALLOTS, lambda found: isinstance(found.get(counted), BallotCounted))
    return polls, taken


async def electorate(scenario: Scenario) -> int:
    answer = await scenario.client.get(f"/electorates/{scenario.union}")
    return int(answer.raise_for_status().json()["members"])


async def has_read(settings: ServiceSettings, group: str) -> bool:
    """Whether a service has stored all of `members`: where less was read, a new log may be as long before it looks."""
    async with command_database(settings.database_url) as database:
        return await CatchUp(Kafka(settings), database).has_passed_now(group, MEMBERS, within=60)


async def noticed(settings: ServiceSettings, http: httpx.AsyncClient) -> None:
    """Wait until a service says which command to use."""

    async def ready() -> str:
        return (await http.get("/readyz")).text

    await eventually(ready, within=60, until=lambda seen: f"accept-rebuilt {settings.service}" in seen)


async def accepted(world: World, settings: ServiceSettings) -> Said:
    own: dict[str, Any] = {name: value for name, value in world.secrets.items() if not name.startswith("TWILIO")}
    said = await muster(settings, "topics", "accept-rebuilt", settings.service, also=own | {"ENVIRONMENT": "test"})
    assert said.code == 0, said.error
    return said


@pytest.mark.long
async def test_owners_publish_their_compacted_topics_again(mortal_world: World) -> None:
    world = mortal_world
    ours = world.settings(members.settings.Settings)
    theirs = world.settings(segmenter.settings.Settings)
    polling = world.settings(ballot.settings.Settings, count_grace_seconds=0, scheduler_seconds=0.1)
    async with AsyncExitStack() as stack:
        roll = await stack.enter_async_context(world.running(members.app.build, ours))
        sending = await stack.enter_async_context(world.running(segmenter.app.build, theirs))
        asking = await stack.enter_async_context(world.running(ballot.app.build, polling))
        stays, erased = await joined(roll, "A"), await joined(roll, "B")
        assert (await roll.delete(f"/members/{erased}")).status_code == 204
        await stand_at(world, MEMBERS, {stays: 1, erased: 0})
        campaigns = await campaigns_of_each_state(world, sending)
        polls, taken = await polls_of_each_state(world, asking)
        groups = (
            (ours, "members.own"),
            (theirs, projection.MEMBERS_GROUP),
            (polling, electorate_members.MEMBERS_GROUP),
        )
        for settings, group in groups:
            assert await has_read(settings, group)
        await rebuild(world)
        for settings, http in ((ours, roll), (theirs, sending), (polling, asking)):
            await noticed(settings, http)
        for settings in (ours, theirs, polling):
            said = await accepted(world, settings)
            assert {"topic", "published"} <= said.lines[0].keys()
        assert await standing(world, CAMPAIGNS, lambda found: len(found) == len(campaigns)) == campaigns
        assert await standing(world, BALLOTS, lambda found: len(found) == len(polls)) == polls
        assert await standing(world, PARTICIPATION, lambda found: len(found) == len(taken)) == taken
        await stand_at(world, MEMBERS, {stays: 2, erased: 0})
        await stand_at(world, MEMBERS_SENSITIVE, {stays: 2, erased: 0})
        again = await muster(theirs, "topics", "accept-rebuilt", "segmenter")
        assert (again.code, again.out) == (0, ""), "nothing is lost any more"
