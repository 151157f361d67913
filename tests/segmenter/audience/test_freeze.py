"""An audience is frozen only once everything published before is in the projection."""

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
from chassis.clock import Clock
from chassis.db.database import Database
from chassis.errors import Unavailable
from chassis.kafka.catch_up import CatchUp
from chassis.kafka.producer import Kafka
from chassis.wakeup import Wakeup
from contracts import topics
from contracts.events.ballots import ParticipationRecorded
from contracts.events.members import SensitiveInterestsChanged
from contracts.topics import Topic
from segmenter.app import build
from segmenter.models import audience, campaigns
from segmenter.service.audiences import Audiences
from segmenter.service.base import Parts
from segmenter.settings import Settings
from sqlalchemy import select, update

from tests.segmenter.union import NOW, Union
from tests.support.facts import eventually
from tests.support.world import World

INTEREST = {"kind": "interest", "interests": ["disabled-members"], "sensitive": True}


@dataclass
class Watched(CatchUp):
    """A reading that notes which topics were waited for, and the connections that were held meanwhile."""

    broker: Kafka
    database: Database
    topics: list[str] = field(default_factory=list)
    held: list[int] = field(default_factory=list)
    meanwhile: Callable[[], Awaitable[None]] | None = None

    def __post_init__(self) -> None:
        super().__init__(self.broker, self.database)

    async def gets_past(self, group: str, topic: Topic, ends: Mapping[int, int], *, within: float) -> bool:
        self.topics.append(topic.name)
        self.held.append(self.database.engine.pool.checkedout())  # type: ignore[attr-defined]
        if self.meanwhile is not None:
            await self.meanwhile()
        return await super().gets_past(group, topic, ends, within=within)


@dataclass
class Halted:
    """A segmenter that is not running: its database, and its freezing step by hand."""

    world: World
    settings: Settings
    database: Database

    def step(self, settings: Settings | None = None) -> tuple[Audiences, Watched]:
        reading = Watched(Kafka(settings or self.settings), self.database)
        return Audiences(Parts(self.database, Clock(), self.settings, Wakeup()), reading, patience=0.5), reading

    async def launch(self, campaign_id: str) -> None:
        """As if it had been launched while no replica could freeze it."""
        values = {"state": "launched", "launched_on": NOW.date()}
        await self._change(campaign_id, **values)

    async def pause(self, campaign_id: str) -> None:
        await self._change(campaign_id, state="paused")

    async def _change(self, campaign_id: str, **values: Any) -> None:
        one = campaigns.c.campaign_id == uuid.UUID(campaign_id)
        async with self.database.transaction() as session:
            await session.execute(update(campaigns).where(one).values(**values))

    async def frozen(self, campaign_id: str) -> dict[uuid.UUID, str | None] | None:
        """The audience with the reasons of those left out; None while there is none."""
        one = campaigns.c.campaign_id == uuid.UUID(campaign_id)
        those = audience.c.campaign_id == uuid.UUID(campaign_id)
        async with self.database.transaction() as session:
            if await session.scalar(select(campaigns.c.frozen_at).where(one)) is None:
                return None
            rows = (await session.execute(select(audience.c.member_id, audience.c.skip_reason).where(those))).all()
        return {row.member_id: row.skip_reason for row in rows}


@pytest.fixture
async def halted(own_world: World) -> AsyncIterator[Halted]:
    settings = own_world.settings(Settings, approval_above=1000)
    database = Database(settings.database_url)
    yield Halted(own_world, settings, database)
    await database.close()


async def approved(union: Union, **values: Any) -> str:
    """A campaign that needs nothing but its launch."""
    campaign_id = str((await union.campaign(**values))["campaign_id"])
    confirmed = {"summary": (await union.summary(campaign_id))["hash"]}
    answer = await union.client.post(f"/campaigns/{campaign_id}/approve", json=confirmed)
    assert answer.status_code == 200, answer.text
    return campaign_id


async def test_a_member_who_was_said_before_the_launch_and_not_heard_yet_is_in_the_audience(halted: Halted) -> None:
    world = halted.world
    async with world.running(build, halted.settings) as client:
        union = Union(world, client)
        (known,) = await union.joined_by(union.member())
        campaign_id = await approved(union)
    late = union.member()
    await union.publish(topics.MEMBERS, late.member_id, late)
    await halted.launch(campaign_id)
    freezing, reading = halted.step()
    assert not await freezing.freeze_next()
    assert await halted.frozen(campaign_id) is None
    assert (reading.topics, reading.held) == (["members"], [0])
    async with world.running(build, halted.settings):
        await eventually(lambda: halted.frozen(campaign_id), until=lambda found: found is not None, within=60)
    assert await halted.frozen(campaign_id) == {known.member_id: None, late.member_id: None}


@pytest.mark.parametrize("by_rule", [True, False], ids=["by its rule", "by its poll"])
async def test_who_took_part_and_was_not_heard_of_yet_is_not_asked(halted: Halted, by_rule: bool) -> None:
    world = halted.world
    async with world.running(build, halted.settings) as client:
        union = Union(world, client)
        stays, votes = await union.joined_by(union.member(), union.member())
        poll = str(await union.poll())
        campaign_id = await approved(union, **await asking(union, poll, by_rule))
    said = ParticipationRecorded(ballot_id=uuid.UUID(poll), member_id=votes.member_id, effect="voted", on=NOW.date())
    await union.publish(topics.PARTICIPATION, f"{poll}:{votes.member_id}", said)
    await halted.launch(campaign_id)
    freezing, reading = halted.step()
    assert not await freezing.freeze_next()
    assert reading.topics == ["members", "participation"]
    async with world.running(build, halted.settings):
        await eventually(lambda: halted.frozen(campaign_id), until=lambda found: found is not None, within=60)
    left_out = {} if by_rule else {votes.member_id: "already_took_part"}
    assert await halted.frozen(campaign_id) == {stays.member_id: None, **left_out}


async def asking(union: Union, poll: str, by_rule: bool) -> dict[str, Any]:
    if not by_rule:
        return {"poll_id": poll}
    not_yet = {"kind": "not", "of": {"kind": "took_part", "ballot_id": poll}}
    return {"segment_id": await union.segment({"kind": "all", "of": [inside(union), not_yet]})}


def inside(union: Union) -> dict[str, Any]:
    return {"kind": "body", "bodies": [union.name]}


async def test_one_that_waits_keeps_no_other_from_being_frozen(halted: Halted) -> None:
    world = halted.world
    async with world.running(build, halted.settings) as client:
        union = Union(world, client)
        (member,) = await union.joined_by(union.member())
        either = {"kind": "any", "of": [inside(union), INTEREST]}
        waits = await approved(union, segment_id=await union.segment(either), urgent=True)
        goes = await approved(union)
    said = SensitiveInterestsChanged(member_id=member.member_id, version=1, interests=("disabled-members",))
    await union.publish(topics.MEMBERS_SENSITIVE, member.member_id, said)
    for campaign_id in (waits, goes):
        await halted.launch(campaign_id)
    freezing, reading = halted.step()
    assert await freezing.freeze_next()
    assert reading.topics == ["members", "members.sensitive", "members"]
    assert await halted.frozen(goes) == {member.member_id: None}
    assert not await freezing.freeze_next()
    assert await halted.frozen(waits) is None


async def test_what_was_paused_while_its_topics_were_read_waits_until_it_is_resumed(halted: Halted) -> None:
    world = halted.world
    async with world.running(build, halted.settings) as client:
        union = Union(world, client)
        await union.joined_by(union.member())
        campaign_id = await approved(union)
    await halted.launch(campaign_id)
    freezing, reading = halted.step()
    reading.meanwhile = partial(halted.pause, campaign_id)
    assert not await freezing.freeze_next()
    assert await halted.frozen(campaign_id) is None
    reading.meanwhile = None
    await halted.launch(campaign_id)
    assert await freezing.freeze_next()


async def test_without_a_broker_nothing_is_frozen_and_the_step_is_put_off(halted: Halted) -> None:
    world = halted.world
    async with world.running(build, halted.settings) as client:
        union = Union(world, client)
        await union.joined_by(union.member())
        campaign_id = await approved(union)
    await halted.launch(campaign_id)
    away = halted.settings.model_copy(update={"kafka_bootstrap_servers": "127.0.0.1:1"})
    with pytest.raises(Unavailable):
        await halted.step(away)[0].freeze_next()
    assert await halted.frozen(campaign_id) is None
    assert await halted.step()[0].freeze_next()
