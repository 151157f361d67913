"""What may have gone before a restore is looked for before anything is said of it, and what is said then is the last
word."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from contracts import topics
from contracts.events.campaigns import CampaignCancelled, CampaignEvent
from contracts.events.members import MemberChanged
from dispatch.inbound import suppression_sql
from dispatch.ledger.passed_sql import BEYOND, LATER
from dispatch.publication import sql as publication_sql
from dispatch.restore import sql as restore_sql

from tests.dispatch.events import campaign, member
from tests.dispatch.house import House
from tests.dispatch.restore.restoring import as_before_the_claim
from tests.dispatch.sending.test_waiting import become

_IN_A_MINUTE = "clock_timestamp() + interval '1 minute'"
Change = Callable[[House, CampaignEvent, MemberChanged], Awaitable[None]]


async def expired(house: House, wanted: CampaignEvent, person: MemberChanged) -> None:
    house.clock.advance(timedelta(days=2))


async def cancelled(house: House, wanted: CampaignEvent, person: MemberChanged) -> None:
    await house.hear(topics.CAMPAIGNS, become(CampaignCancelled, wanted, "cancelled"))


async def opted_out(house: House, wanted: CampaignEvent, person: MemberChanged) -> None:
    await house.dispatch.inbound.suppress(person.contact_points[0].address, "operator")


async def restored(house: House) -> None:
    async with house.database.transaction() as session:
        await restore_sql.begin(session, None, timedelta(days=1), {})


async def delivery_row(house: House) -> Any:
    (row,) = await house.rows("SELECT state, reason, rev, gen, reference, published_rev FROM deliveries")
    return row


@pytest.mark.parametrize("change", [expired, cancelled, opted_out])
async def test_what_went_before_the_restore_is_not_skipped_but_found(quiet_house: House, change: Change) -> None:
    house, wanted, person = quiet_house, campaign(), member()
    (delivery,) = await house.known(wanted, person)
    async with house.sending():
        await house.settled(delivery, "accepted")
    before = await delivery_row(house)
    await as_before_the_claim(house)
    await restored(house)
    await change(house, wanted, person)
    await house.dispatch.maintenance.sweep()
    assert await house.state(delivery) == "requested"
    async with house.sending(reconciling=True, keeping=True):
        await house.settled(delivery, "accepted")
    after = await delivery_row(house)
    assert after.reference == before.reference
    assert len(house.provider.called) == 1
    assert after.rev > before.rev


async def test_what_did_not_go_is_refused_once_nothing_was_found(quiet_house: House) -> None:
    house, wanted, person = quiet_house, campaign(), member()
    (delivery,) = await house.known(wanted, person)
    await restored(house)
    await cancelled(house, wanted, person)
    async with house.sending(reconciling=True, keeping=True):
        await house.settled(delivery, "skipped")
    assert await house.reason(delivery) == "cancelled"
    assert len(house.provider.looked) == 2
    assert house.provider.called == []


async def test_what_happens_after_a_restore_is_later_than_all_that_was_told_before(quiet_house: House) -> None:
    """It was put off forty times before it was taken: all of that the backup does not know."""
    house = quiet_house
    (delivery,) = await house.known(campaign(), member())
    async with house.sending():
        await house.settled(delivery, "accepted")
    told = (await delivery_row(house)).rev + 80
    await as_before_the_claim(house)
    await restored(house)
    async with house.sending(reconciling=True):
        await house.settled(delivery, "accepted")
    await house.receipt(delivery, "delivered", 1, (await delivery_row(house)).reference)
    row = await delivery_row(house)
    assert (row.state, row.rev > told) == ("delivered", True)


async def test_what_was_open_in_the_backup_is_told_of_as_later_too(quiet_house: House) -> None:
    house = quiet_house
    await house.known(campaign(), member())
    await house.claim()
    await restored(house)
    after = await delivery_row(house)
    assert (after.state, after.rev > BEYOND) == ("sending", True)


async def test_the_same_backup_put_back_twice_has_later_revs_each_time(quiet_house: House) -> None:
    house = quiet_house
    await house.known(campaign(), member())
    (first,) = await house.rows(f"SELECT {LATER} AS rev")
    (later,) = await house.rows(f"SELECT {LATER.replace('clock_timestamp()', _IN_A_MINUTE)} AS rev")
    assert BEYOND < first.rev < first.rev + 99 < later.rev


async def test_events_after_a_restore_are_others_than_those_before(quiet_house: House) -> None:
    """A reader that keeps the first event of an id would otherwise stay at what was in doubt."""
    house = quiet_house
    (delivery,) = await house.known(campaign(), member())
    async with house.sending():
        await house.settled(delivery, "accepted")
    before = await ids(house)
    await as_before_the_claim(house)
    await restored(house)
    async with house.sending(reconciling=True):
        await house.settled(delivery, "accepted")
    after = await ids(house)
    assert len(before) == 1
    assert len(after) == 2  # in doubt, accepted
    assert before.isdisjoint(after)


async def ids(house: House) -> set[Any]:
    """Of the events to be published."""
    async with house.database.transaction() as session:
        found = await publication_sql.unpublished(session, 10)
    publisher = house.dispatch.publisher
    return {
        publisher._id(item, step)
        for item in found
        for step in item.passed
        if step.rev > item.published_rev and step.status not in {"requested", "sending"}
    }


async def test_nobody_answers_a_poll_that_a_suspect_never_asked(quiet_house: House) -> None:
    house, person = quiet_house, member()
    old, new = campaign(poll_id=uuid4()), campaign(poll_id=uuid4())
    (asked,) = await house.known(old, person)
    async with house.sending():
        await house.settled(asked, "accepted")
    (never,) = await house.known(new, person)
    await restored(house)
    await cancelled(house, new, person)
    async with house.sending(reconciling=True, keeping=True):
        await house.settled(never, "skipped")
    async with house.database.transaction() as session:
        (served,) = await house.rows("SELECT address_hash FROM served WHERE delivery_id = :id", id=asked)
        asks = await suppression_sql.open_asks(session, [(served.address_hash, "", house.clock.now())])
    assert [ask.delivery_id for ask in asks[0]] == [asked]


async def test_a_suspect_of_a_restore_that_this_process_did_not_notice_is_one_all_the_same(quiet_house: House) -> None:
    house = quiet_house
    await house.known(campaign(), member())
    async with house.database.transaction() as session:
        await restore_sql.begin(session, datetime(2026, 1, 5, tzinfo=UTC), timedelta(days=1), {})
    house.restart()  # it compares nothing
    (call,) = await house.claim()
    assert call.suspect
    (attempt,) = await house.rows("SELECT t_send, gen FROM attempts")
    assert attempt.t_send == datetime(2026, 1, 5, tzinfo=UTC)
    assert len(await house.rows("SELECT 1 FROM deliveries WHERE permitted = gen")) == 1


async def test_what_waits_at_the_restore_is_due_to_be_looked_for_at_once(quiet_house: House) -> None:
    house, wanted = quiet_house, campaign()
    await house.known(wanted, member())
    await house.rows_changed("UPDATE deliveries SET not_before = expires_at, waiting_for = 'paused'")
    await restored(house)
    (call,) = await house.claim()
    assert call.suspect


async def test_nothing_is_skipped_before_it_is_known_whether_there_was_a_restore(quiet_house: House) -> None:
    house = quiet_house
    (delivery,) = await house.known(campaign(), member())
    house.clock.advance(timedelta(days=2))
    house.restart()
    await house.dispatch.maintenance.step()
    assert await house.state(delivery) == "requested"
    house.dispatch.recovery.known.set()
    await house.dispatch.maintenance.step()
    assert await house.state(delivery) == "skipped"
