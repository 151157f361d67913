"""A ledger restored from a backup: it notices by itself, looks for what may have gone, and only then sends."""

import asyncio
import time
import uuid
from datetime import UTC, datetime, timedelta

from chassis.reading import Reading
from contracts import topics
from dispatch.inbound import InboundText
from dispatch.receipts import Receipt
from dispatch.repository import recoveries
from sqlalchemy import text

from tests.dispatch.events import NOON, campaign, member
from tests.dispatch.house import House, house_in
from tests.support.facts import eventually
from tests.support.world import World

NUMBER = "+447700915000"
_FAR_AHEAD = """
INSERT INTO rates (provider, sender, allowed, rate, theoretical_arrival, touched_at)
VALUES (:provider, :sender, :allowed, :allowed, clock_timestamp() + interval '1 minute', clock_timestamp())
ON CONFLICT (provider, sender) DO UPDATE SET theoretical_arrival = excluded.theoretical_arrival
"""
_REQUESTED_AGAIN = """
UPDATE deliveries SET state = 'requested', gen = 0, rev = 0, published_rev = 0, reference = NULL, passed = '[]'
"""


async def test_a_restored_ledger_sends_nothing_twice_and_forgets_no_stop(own_world: World) -> None:
    world = own_world
    backup = f"b{uuid.uuid4().hex[:12]}"
    async with house_in(world) as house:
        wanted = await house.campaign(one_per_member=True)
        async with house.application().serving():
            before = await house.ask(wanted, await house.member())
            await house.settled(before, "accepted")
            await house.told(before, "accepted")
        await copy(house, backup)
    same = {"url": house.settings.database_url, "provider": house.provider}
    async with house_in(world, **same) as house, house.application().serving():
        lost = await house.ask(wanted, await house.member(), merge={"branch": "Gwynedd"})
        await house.settled(lost, "accepted")
        await stopped(house)
    journal = list(house.provider.journal)
    assert len(journal) == 2

    restored = house.settings.database_url.replace(house.settings.database_url.rpartition("/")[2], backup)
    async with house_in(world, url=restored, provider=house.provider) as again:
        assert await again.state(lost) == ""
        async with again.application().serving():
            fresh = await again.ask(wanted, await again.member())
            silenced = await again.ask(wanted, await again.member(number=NUMBER))
            await again.settled(lost, "accepted", within=40)
            await again.settled(fresh, "accepted", within=40)
            await again.settled(silenced, "skipped", within=40)
        assert await again.reason(silenced) == "suppressed"
        assert again.provider.gens(before) == [1]
        assert again.provider.gens(lost) == [1]
        (attempt,) = await again.rows("SELECT reference FROM attempts WHERE delivery_id = :id", id=lost)
        assert attempt.reference is not None
        assert [lookup.delivery_id for lookup in again.provider.looked].count(lost) >= 1
        (noted,) = await again.rows("SELECT targets FROM recoveries")
        assert noted.targets


async def test_what_was_sent_after_the_backup_is_not_sent_again_even_if_it_was_asked_for_before(
    own_world: World,
) -> None:
    world, backup = own_world, f"b{uuid.uuid4().hex[:12]}"
    async with house_in(world) as house:
        wanted = await house.campaign()
        async with house.application().serving():
            delivery = await house.ask(wanted, await house.member())
            await house.settled(delivery, "accepted")
            await house.told(delivery, "accepted")
            await eventually(lambda: heard_of_deliveries(house))
        await as_before_the_claim(house)
        await copy(house, backup)
    restored = house.settings.database_url.replace(house.settings.database_url.rpartition("/")[2], backup)
    async with house_in(world, url=restored, provider=house.provider) as again, again.application().serving():
        await again.settled(delivery, "accepted", within=40)
        assert again.provider.gens(delivery) == [1]
        assert await again.rows("SELECT 1 FROM recoveries")


async def test_what_was_in_doubt_in_the_backup_is_looked_for_among_all_that_was_sent_since(quiet_house: House) -> None:
    """Hours after the backup another attempt may have been made, which the restored ledger does not know."""
    house = quiet_house
    await house.known(campaign(), member())
    await house.claim()
    for table in ("deliveries", "attempts"):
        await house.rows_changed(f"UPDATE {table} SET deadline = deadline - interval '3 hours'")
    async with house.database.transaction() as session:
        await recoveries.begin(session, None, timedelta(days=1), {})
    began = datetime.now(UTC)
    for _ in range(2):
        await house.dispatch.reconciler.once()
    assert house.provider.looked == []  # what has just been sent may not be listed yet
    await asyncio.sleep(house.settings.doubt_seconds)
    await house.dispatch.reconciler.once()
    (looked,) = house.provider.looked
    assert looked.until >= began - timedelta(seconds=1)  # the clocks of two processes


async def test_word_left_by_a_process_that_lived_through_the_restore_begins_one_recovery(own_world: World) -> None:
    """By its offsets alone this ledger is not behind: what it had sent was not heard yet when it was set back."""
    async with house_in(own_world) as house:
        wanted = await house.campaign()
        await house.known(wanted, member())
        await house.ask(wanted, await house.member())
        await missed(house, 2.0)
        await compared(house)
        (suspect,) = await house.rows("SELECT waiting_for FROM deliveries")
        assert suspect.waiting_for == "recovery"
        (noted,) = await house.rows("SELECT since, detected_at, targets FROM recoveries")
        assert noted.since < noted.detected_at - timedelta(seconds=1.9)
        # not heard yet, and perhaps heard before by a process that did not come to commit it
        (asked,) = [target for target in noted.targets if target[2]]
        assert (asked[0], asked[2]) == (topics.requests_for("sms", urgent=False).name, 1)

        await missed(house, 2.5)  # another replica, of the same restore
        await compared(house)
        assert len(await house.rows("SELECT 1 FROM recoveries")) == 1
        await missed(house, 0.0)  # the next restore
        await compared(house)
        assert len(await house.rows("SELECT 1 FROM recoveries")) == 2


async def test_a_ledger_behind_its_own_events_was_restored_though_nobody_had_heard_them(own_world: World) -> None:
    """Everything was stopped, restored, started: what was told last stands on the topic, past every offset."""
    async with house_in(own_world) as house:
        (delivery,) = await house.known(await house.campaign(), member())
        async with house.sending():
            await house.settled(delivery, "accepted")
        await house.dispatch.publisher.publish()
        await house.told(delivery, "accepted")
        for partition in await Reading(house.kafka, house.database).ends(topics.DELIVERIES):
            await house.rows_changed(
                "INSERT INTO consumed (consumer_group, topic, partition, next_offset, next_timestamp)"
                f" VALUES ('deliveries', 'deliveries', {partition}, 0, clock_timestamp())"
            )
        await compared(house)
        assert await house.rows("SELECT 1 FROM recoveries") == []
        await as_before_the_claim(house, but_heard=True)
        await compared(house)
        (suspect,) = await house.rows("SELECT waiting_for FROM deliveries")
        assert suspect.waiting_for == "recovery"


async def test_a_start_while_a_recovery_goes_on_keeps_what_the_first_one_knew(own_world: World) -> None:
    """The replay has moved the group's positions back and the ledger's forward by then."""
    async with house_in(own_world) as house:
        wanted = await house.campaign()
        for _ in range(3):
            await house.ask(wanted, await house.member())
        await missed(house, 3600.0)
        await compared(house)
        (first,) = await house.rows("SELECT since, targets FROM recoveries")
        await house.rows_changed("UPDATE recoveries SET targets = '[[\"delivery-requests.sms\", 0, 50000]]'")
        await missed(house, 0.0)
        await compared(house)
        assert house.dispatch.recovering.since is not None
        latest = (await house.rows("SELECT since, targets FROM recoveries ORDER BY detected_at DESC LIMIT 1"))[0]
        assert latest.since == first.since
        assert ["delivery-requests.sms", 0, 50000] in latest.targets
        assert len(latest.targets) == len(first.targets)


async def compared(house: House) -> None:
    """What a new process does before anything else."""
    house.restart()
    comparing = asyncio.create_task(house.dispatch.recovering.run())
    await asyncio.wait_for(house.dispatch.recovering.known.wait(), 60)
    comparing.cancel()
    await asyncio.gather(comparing, return_exceptions=True)


async def missed(house: House, seconds: float) -> None:
    """As `chassis.beating` leaves it."""
    await house.rows_changed(
        "INSERT INTO beats (process, beat, missed_since) VALUES"
        f" (gen_random_uuid(), 0, clock_timestamp() - interval '{seconds} seconds')"
    )


async def heard_of_deliveries(house: House) -> bool:
    rows = await house.rows("SELECT 1 FROM consumed WHERE consumer_group = 'deliveries' AND next_offset > 0")
    return bool(rows)


async def as_before_the_claim(house: House, *, but_heard: bool = False) -> None:
    """What a backup holds that was taken after the admission and before the claim: no deliveries were heard of yet."""
    if not but_heard:
        await house.rows_changed("DELETE FROM consumed WHERE consumer_group = 'deliveries'")
    await house.rows_changed("DELETE FROM attempts")
    await house.rows_changed("DELETE FROM served")
    async with house.database.transaction() as session:
        await session.execute(text("SET LOCAL session_replication_role = replica"))  # no trigger: this never happens
        await session.execute(text(_REQUESTED_AGAIN))


async def copy(house: House, name: str) -> None:
    """The whole database as it is now, under another name."""
    await house.database.close()
    server = house.world.databases.server
    server.create_blocking(name, template=house.settings.database_url.rpartition("/")[2])


async def stopped(house: House) -> None:
    """A STOP that the backup does not know, and that has reached our replies."""
    await house.dispatch.inbound.hear(InboundText(NUMBER, "", "STOP", uuid.uuid4().hex))
    await house.world.read(topics.REPLIES)


async def test_a_restored_ledger_forgets_no_stop_even_if_nothing_was_asked_of_it_since(own_world: World) -> None:
    """A STOP by text, one by an operator, one that the provider told of; no request came after the backup."""
    world, backup, numbers = own_world, f"b{uuid.uuid4().hex[:12]}", [f"+44770091500{n}" for n in (1, 2, 3)]
    async with house_in(world) as house:
        wanted = await house.campaign(one_per_member=True)
        people = [await house.member(number=number) for number in numbers]
        async with house.application().serving():
            first = await house.ask(wanted, people[2])
            await house.settled(first, "accepted")
            await house.told(first, "accepted")
        await copy(house, backup)
    same = {"url": house.settings.database_url, "provider": house.provider}
    async with house_in(world, **same) as house, house.application().serving():
        await house.dispatch.inbound.hear(InboundText(numbers[0], "", "STOP", uuid.uuid4().hex))
        await house.dispatch.inbound.suppress(numbers[1], "operator")
        await house.dispatch.receipts.take(Receipt(first, "undelivered", 1, code="21610", opted_out=True))
        await world.read(topics.REPLIES, 3)
    restored = house.settings.database_url.replace(house.settings.database_url.rpartition("/")[2], backup)
    async with house_in(world, url=restored, provider=house.provider) as again:
        async with again.application().serving():
            other = await again.campaign(one_per_member=True)
            for person in people:
                silenced = await again.ask(other, person)
                await again.settled(silenced, "skipped", within=40)
                assert await again.reason(silenced) == "suppressed"
        assert await again.rows("SELECT 1 FROM recoveries")


async def test_a_ledger_that_is_not_behind_looks_for_nothing(own_world: World) -> None:
    async with house_in(own_world) as house:
        wanted, person = await house.campaign(), await house.member()
        async with house.application().serving():
            await house.settled(await house.ask(wanted, person), "accepted")
    async with house_in(own_world, url=house.settings.database_url, provider=house.provider) as house:
        async with house.application().serving():
            await eventually(lambda: house.dispatch.recovering.known.is_set())
            await house.settled(await house.ask(await house.campaign(), person), "accepted")
        assert await house.rows("SELECT 1 FROM recoveries") == []
    assert house.provider.looked == []


async def test_a_suspect_stays_one_through_a_wait(quiet_house: House) -> None:
    house = quiet_house
    house.clock.advance(timedelta(hours=11))
    wanted = await house.campaign(expires_at=NOON + timedelta(days=2))
    (delivery,) = await house.known(wanted, member())
    async with house.database.transaction() as session:
        await session.execute(text("UPDATE deliveries SET waiting_for = 'recovery'"))
    assert await house.claim() == []
    house.clock.advance(timedelta(hours=10))
    (call,) = await house.claim()
    assert call.suspect
    await house.dispatch.calling.make(call, 0.0)
    assert (await house.state(delivery), house.provider.called) == ("in_doubt", [])


async def test_a_suspect_needs_no_slot_and_stays_one_when_there_is_none(quiet_house: House) -> None:
    house = quiet_house
    (delivery,) = await house.known(campaign(), member())
    await house.rows_changed("UPDATE deliveries SET waiting_for = 'recovery'")
    (call,) = await house.claim()
    async with house.database.transaction() as session:
        far = {"provider": "sms", "sender": "*", "allowed": 1.0}
        await session.execute(text(_FAR_AHEAD), far)
    await house.dispatch.calling.make(call, time.monotonic() - 1.0)
    assert (await house.state(delivery), house.provider.called) == ("in_doubt", [])
