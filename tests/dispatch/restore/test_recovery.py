"""A ledger restored from a backup: it notices by itself, looks for what may have gone, and only then sends."""

import time
import uuid
from datetime import UTC, datetime, timedelta

from contracts import topics
from dispatch.inbound.inbound import InboundText
from dispatch.restore import sql as restore_sql
from sqlalchemy import text

from tests.dispatch.events import campaign, member
from tests.dispatch.house import House, house_in
from tests.dispatch.restore.restoring import as_before_the_claim
from tests.dispatch.trial import PATIENT
from tests.support.facts import eventually
from tests.support.world import World

NUMBER = "+447700915000"
_FAR_AHEAD = """
INSERT INTO rates (provider, sender, allowed, rate, step, theoretical_arrival, window_at)
VALUES (:provider, :sender, :allowed, :allowed, 0.01, clock_timestamp() + interval '1 minute', clock_timestamp())
ON CONFLICT (provider, sender) DO UPDATE SET theoretical_arrival = excluded.theoretical_arrival
"""


async def test_a_restored_ledger_sends_nothing_twice_and_forgets_no_stop(own_world: World) -> None:
    world = own_world
    backup = f"b{uuid.uuid4().hex[:12]}"
    async with house_in(world, **PATIENT) as house:
        wanted = await house.campaign(one_per_member=True)
        async with house.application().serving():
            before = await house.ask(wanted, await house.member())
            await house.settled(before, "accepted")
            await house.told(before, "accepted")
        await copy(house, backup)
    same = {"url": house.settings.database_url, "provider": house.provider} | PATIENT
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
    async with house_in(world, **PATIENT) as house:
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


async def test_what_was_in_doubt_in_the_backup_is_looked_for_among_all_that_was_sent_since(world: World) -> None:
    """Hours after the backup another attempt may have been made, which the restored ledger does not know."""
    async with house_in(world, doubt_seconds=60.0) as house:
        await house.known(campaign(), member())
        await house.claim()
        await ages(house, timedelta(hours=3))
        began = datetime.now(UTC)
        async with house.database.transaction() as session:
            await restore_sql.begin(session, None, timedelta(days=1), {})
        for _ in range(2):
            await house.dispatch.reconciler.once()
        assert house.provider.looked == []  # what has just been sent may not be listed yet
        await ages(house, timedelta(seconds=61))
        await house.dispatch.reconciler.once()
        (looked,) = house.provider.looked
        assert looked.until >= began - timedelta(seconds=62)


async def ages(house: House, by: timedelta) -> None:
    for table in ("deliveries", "attempts"):
        await house.rows_changed(f"UPDATE {table} SET deadline = deadline - interval '{by.total_seconds()} seconds'")


async def heard_of_deliveries(house: House) -> bool:
    rows = await house.rows("SELECT 1 FROM consumed WHERE consumer_group = 'deliveries' AND next_offset > 0")
    return bool(rows)


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
    """A STOP by text, one by an operator, one that the provider reported; no request came after the backup."""
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
        await house.receipt(first, "undelivered", 1, code="21610", opted_out=True)
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
    async with house_in(own_world, **PATIENT) as house:
        wanted, person = await house.campaign(), await house.member()
        async with house.application().serving():
            await house.settled(await house.ask(wanted, person), "accepted")
    async with house_in(own_world, url=house.settings.database_url, provider=house.provider, **PATIENT) as house:
        async with house.application().serving():
            await eventually(lambda: house.dispatch.recovery.known.is_set())
            await house.settled(await house.ask(await house.campaign(), person), "accepted")
        assert await house.rows("SELECT 1 FROM recoveries") == []
    assert house.provider.looked == []


async def test_a_suspect_stays_one_through_a_wait(quiet_house: House) -> None:
    """For its member: without an address there is nothing to look for yet."""
    house, wanted, person = quiet_house, campaign(), member()
    request = house.request(wanted, person)
    delivery = request.delivery_id
    await house.hear(topics.CAMPAIGNS, wanted)
    await house.hear(topics.SMS_REQUESTS, request)
    await house.rows_changed("UPDATE deliveries SET waiting_for = 'recovery'")
    assert await house.claim() == []
    await house.hear(topics.MEMBERS, person)
    house.clock.advance(timedelta(minutes=1))
    (call,) = await house.claim()
    assert call.suspect
    await house.dispatch.provider_calls.make(call, 0.0)
    assert (await house.state(delivery), house.provider.called) == ("in_doubt", [])


async def test_a_suspect_needs_no_slot_and_stays_one_when_there_is_none(quiet_house: House) -> None:
    house = quiet_house
    (delivery,) = await house.known(campaign(), member())
    await house.rows_changed("UPDATE deliveries SET waiting_for = 'recovery'")
    (call,) = await house.claim()
    async with house.database.transaction() as session:
        far = {"provider": "sms", "sender": "*", "allowed": 1.0}
        await session.execute(text(_FAR_AHEAD), far)
    await house.dispatch.provider_calls.make(call, time.monotonic() - 1.0)
    assert (await house.state(delivery), house.provider.called) == ("in_doubt", [])
