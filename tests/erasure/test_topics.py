"""What topics still say of the erased on a real broker: found, compacted or cut, and the settings as they were."""

from datetime import UTC, datetime
from functools import partial
from uuid import UUID, uuid4

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from chassis.clock import Clock
from chassis.erasure.topics import Topics
from contracts.events.members import MemberChanged, MemberErased
from contracts.events.replies import ReplyReceived
from contracts.topics import MEMBERS, PARTITIONS, REPLIES, Topic

from tests.support.facts import eventually
from tests.support.world import World

OURS = 1
"""Kafka's number for a setting of the topic itself."""


def topics_of(world: World, *erased: UUID) -> Topics:
    connection = {"bootstrap_servers": world.kafka.bootstrap}
    gone = {str(member) for member in erased}
    return Topics(connection, prefix=world.prefix, erased=gone, service="members", clock=Clock())


def snapshot(member_id: UUID) -> MemberChanged:
    return MemberChanged(member_id=member_id, version=1, given_name="Zerubbabella", family_name="Ng")


def reply(member_id: UUID) -> ReplyReceived:
    return ReplyReceived(
        reply_id=uuid4(),
        channel="sms",
        address_hash="0" * 64,
        members_at_address=(member_id,),
        text="Yes",
        intent="answer",
        received_at=datetime.now(UTC),
    )


async def settings(world: World, topic: Topic, **changed: str) -> dict[str, str]:
    """The topic's own settings, after these were asked for; a broker takes a moment to know them."""
    admin = AIOKafkaAdminClient(bootstrap_servers=world.kafka.bootstrap)
    await admin.start()
    try:
        name = world.prefix + topic.name
        if changed:
            wanted = {key.replace("_", "."): value for key, value in changed.items()}
            own = await settings(world, topic) | wanted
            await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, name, own)])
        (answer,) = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name)])
        entries = answer.resources[0][4]  # type: ignore[attr-defined]
        return {entry[0]: entry[1] for entry in entries if entry[3] == OURS}
    finally:
        await admin.close()


async def test_an_old_snapshot_of_somebody_erased_is_found_and_compacted_and_the_settings_are_put_back(
    own_world: World,
) -> None:
    erased, other = uuid4(), uuid4()
    for member_id in (erased, other):
        await own_world.publish(MEMBERS, str(member_id), snapshot(member_id))
    await own_world.publish(MEMBERS, str(erased), MemberErased(member_id=erased, version=2))
    given = MEMBERS.config().items()
    usual = await eventually(partial(settings, own_world, MEMBERS), until=lambda seen: given <= seen.items())
    await settings(own_world, MEMBERS, segment_ms="1000", max_compaction_lag_ms="1000")  # a sweep that was interrupted
    await eventually(partial(settings, own_world, MEMBERS), until=lambda seen: seen != usual)
    topics = topics_of(own_world, erased)
    assert (await topics.look(MEMBERS)).left == "1 records about erased members"
    assert (await topics.compact(MEMBERS, wait=180)).left == ""
    await eventually(partial(settings, own_world, MEMBERS), until=lambda seen: seen == usual)
    kept = {record.key for record in await own_world.raw(MEMBERS, 2)}
    assert {str(erased), str(other)} <= kept


async def test_replies_are_named_with_their_end_and_cut_only_once_everybody_has_read_them(own_world: World) -> None:
    erased, other = uuid4(), uuid4()
    await own_world.publish(REPLIES, str(erased), reply(erased))
    topics = topics_of(own_world, erased)
    assert "1 records about erased members, the last until 20" in (await topics.look_at_replies(REPLIES)).left
    (record,) = await own_world.raw(REPLIES, 1)
    group = f"{own_world.prefix}ballot.replies"
    consumer = AIOKafkaConsumer(bootstrap_servers=own_world.kafka.bootstrap, group_id=group, enable_auto_commit=False)
    await consumer.start()
    try:
        parts = [TopicPartition(record.topic, number) for number in range(PARTITIONS)]
        consumer.assign(parts)
        await consumer.commit(dict.fromkeys(parts, 0))
        assert (await topics.cut(REPLIES)).left == f"not yet read by {group}"
        await consumer.commit(await consumer.end_offsets(parts))
    finally:
        await consumer.stop()
    await own_world.publish(REPLIES, str(other), reply(other))
    assert (await topics.cut(REPLIES)).left == ""
    assert str(erased) not in {record.key for record in await own_world.raw(REPLIES, 1)}


@pytest.mark.parametrize("topic", [MEMBERS, REPLIES])
async def test_nobody_erased_leaves_the_topics_alone(own_world: World, topic: Topic) -> None:
    topics, before = topics_of(own_world), await eventually(partial(settings, own_world, topic))
    assert (await topics.compact(topic, wait=5)).left == ""
    assert await settings(own_world, topic) == before
