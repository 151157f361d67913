"""An audience is frozen only once everything published before is in the projection."""

import uuid
from functools import partial
from typing import Any

import pytest
from chassis.errors import Unavailable
from contracts import topics
from contracts.events.ballots import ParticipationRecorded
from contracts.events.members import SensitiveInterestsChanged
from segmenter.app import build

from tests.segmenter.audience.halted import Halted, approved
from tests.segmenter.union import NOW, Union
from tests.support.facts import eventually

INTEREST = {"kind": "interest", "interests": ["disabled-members"], "sensitive": True}


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
