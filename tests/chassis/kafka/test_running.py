"""The chassis against a real broker and a real database."""

import gc
import time
import uuid
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime

import httpx
import pytest
from chassis.kafka.outbox import Outgoing
from contracts.event import encode
from contracts.events.union_events import MeetingScheduled
from contracts.topics import PARTITIONS, UNION_EVENTS

from tests.chassis.muster import rows
from tests.chassis.small import Settings, Small, build, create_tables
from tests.support.facts import eventually
from tests.support.world import World


def meeting(name: str) -> MeetingScheduled:
    return MeetingScheduled(meeting_id=name, body="leeds", title="Strike", starts_at=datetime(2026, 3, 1, tzinfo=UTC))


@pytest.fixture
async def settings(own_world: World) -> Settings:
    url = await own_world.databases.database(f"small_{uuid.uuid4().hex[:8]}")
    await create_tables(url)
    return own_world.settings(Settings, database_url=url, module="small")


async def heard(small: Small, *names: str) -> None:
    await eventually(small.noted, until=lambda noted: noted == set(names))


async def test_what_goes_into_the_outbox_is_consumed_once_committed(own_world: World, settings: Settings) -> None:
    application, small = build(settings)
    async with application.serving():
        outgoing = [
            Outgoing(UNION_EVENTS, "leeds", meeting(f"m{number}"), uuid.uuid4(), datetime.now(UTC))
            for number in range(2500)
        ]
        await small.say(outgoing)
        await heard(small, *(f"m{number}" for number in range(2500)))


async def test_poison_and_refusals_go_to_dead_letters_and_the_rest_is_consumed(
    own_world: World, settings: Settings
) -> None:
    await own_world.publish(UNION_EVENTS, "leeds", meeting("before"))
    await own_world.publish_raw(UNION_EVENTS, "leeds", b"not json", [("bad", b"\xff\xfe")])
    await own_world.publish_raw(UNION_EVENTS, "leeds", None)
    await own_world.publish(UNION_EVENTS, "leeds", meeting("refused"))
    await own_world.publish(UNION_EVENTS, "leeds", meeting("bug"))
    await own_world.publish(UNION_EVENTS, "leeds", meeting("unstorable"))
    await own_world.publish(UNION_EVENTS, "leeds", meeting("after"))
    application, small = build(settings)
    async with application.serving():
        await heard(small, "before", "after")
        letters = await rows(settings, 4)
    assert sorted(letter["reason"] for letter in letters) == [
        "bug: DBAPIError",
        "bug: ZeroDivisionError",
        "not JSON",
        "we do not like it",
    ]
    assert {letter["topic"] for letter in letters} == {"union-events"}


async def test_poison_is_not_waited_for(own_world: World, settings: Settings) -> None:
    """No pause of ours lies on the way, and none of the tries that a passing failure gets, which are what could hold up
    a partition for a second: what is left is the machine's own time. That stands beside the time without poison, with
    room for a machine that has other work."""
    application, small = build(settings)
    so_far = ["first"]

    async def delay(name: str, *poison: str) -> float:
        since = time.monotonic()
        if poison:
            await own_world.publish_raw(UNION_EVENTS, "leeds", b"not json")
        for each in (*poison, name):
            await own_world.publish(UNION_EVENTS, "leeds", meeting(each))
        so_far.append(name)
        await heard(small, *so_far)
        return time.monotonic() - since

    async with application.serving():
        await own_world.publish(UNION_EVENTS, "leeds", meeting("first"))
        await heard(small, *so_far)
        plain = [await delay(name) for name in ("second", "third", "fourth")]
        poisoned = [await delay(name, "refused", "bug") for name in ("fifth", "sixth", "seventh")]
    assert application.subscriptions[0].progress.put_back == 0
    assert small.tried["bug"] <= 3 * 3, "three records at most, halved until it stands alone"
    assert min(poisoned) < min(plain) + 5.0, (plain, poisoned)


async def test_a_passing_failure_is_tried_again(own_world: World, settings: Settings) -> None:
    application, small = build(settings)
    small.down = 3
    await own_world.publish(UNION_EVENTS, "leeds", meeting("one"))
    async with application.serving():
        await heard(small, "one")
    assert not await rows(settings, 0)


async def test_a_database_that_was_set_back_hears_again_what_it_forgot(own_world: World, settings: Settings) -> None:
    await own_world.publish(UNION_EVENTS, "leeds", meeting("one"))
    application, small = build(settings)
    async with application.serving():
        await heard(small, "one")
    empty = await own_world.databases.database(f"small_{uuid.uuid4().hex[:8]}")
    await create_tables(empty)
    restored = settings.model_copy(update={"database_url": empty})
    await own_world.publish(UNION_EVENTS, "leeds", meeting("two"))
    second, small_again = build(settings)
    async with second.serving():
        await heard(small_again, "one", "two")
    third, small_restored = build(restored)
    async with third.serving():
        await eventually(small_restored.noted, until=lambda noted: noted == {"one", "two"})


async def test_a_consumer_says_when_it_has_caught_up(own_world: World, settings: Settings) -> None:
    for number in range(5):
        await own_world.publish(UNION_EVENTS, f"k{number}", meeting(f"m{number}"))
    application, small = build(settings)
    progress = application.subscriptions[0].progress
    async with application.serving() as url, httpx.AsyncClient(base_url=url, timeout=30) as client:
        await eventually(lambda: progress.caught_up)
        assert len(await small.noted()) == 5
        parts = {"database": "ok", "hears notes": "ok", "hears people": "ok"}
        await eventually(
            lambda: client.get("/readyz"), until=lambda seen: seen.json() == {"status": "ok", "parts": parts}
        )
        assert (await client.get("/count")).json() == 5


async def test_a_replica_for_which_there_is_no_partition_is_ready_all_the_same(
    own_world: World, settings: Settings
) -> None:
    replicas = PARTITIONS + 1
    built = [build(settings.model_copy(update={"group_instance": str(number)}))[0] for number in range(replicas)]
    subscriptions = [application.subscriptions[0].progress for application in built]
    async with AsyncExitStack() as stack:
        urls = [await stack.enter_async_context(application.serving()) for application in built]
        await eventually(lambda: all(progress.caught_up for progress in subscriptions), within=60)
        await eventually(
            lambda: sum(progress.spare for progress in subscriptions), within=60, until=lambda spare: spare == 1
        )
        client = await stack.enter_async_context(httpx.AsyncClient(timeout=30))

        async def answers() -> list[int]:
            return [(await client.get(f"{url}/readyz")).status_code for url in urls]

        await eventually(answers, within=60, until=lambda seen: seen == [200] * replicas)


async def test_a_stalled_relay_is_fenced_by_its_successor(own_world: World, settings: Settings) -> None:
    from aiokafka import AIOKafkaProducer
    from aiokafka.errors import KafkaError
    from chassis.kafka.outbox import shard_of

    key = "leeds"
    stalled = AIOKafkaProducer(
        bootstrap_servers=settings.kafka_bootstrap_servers,
        transactional_id=f"{settings.topic_prefix}members-outbox-{shard_of(key)}",
    )
    await stalled.start()
    await stalled.begin_transaction()
    application, small = build(settings)
    async with application.serving():
        await small.say([Outgoing(UNION_EVENTS, key, meeting("new"), uuid.uuid4(), datetime.now(UTC))])
        await heard(small, "new")
        value = encode(meeting("old"), id="1", source="members", subject=key, time=datetime.now(UTC))
        with pytest.raises(KafkaError):
            await (await stalled.send(own_world.prefix + UNION_EVENTS.name, value, key=key.encode()))
        assert await small.noted() == {"new"}
    with suppress(KafkaError):  # a fenced producer cannot even close without an error
        await stalled.stop()
    del stalled
    gc.collect()  # its futures complain now, within this test, and not after the session's last line
    assert [item.meeting_id for item in await own_world.read(UNION_EVENTS, 1)] == ["new"]  # type: ignore[attr-defined]
