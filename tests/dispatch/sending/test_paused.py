"""A paused campaign is parked: it holds up no other, and nothing of it is lost."""

import asyncio
from datetime import timedelta
from typing import Any

from chassis.db.rows import as_json
from contracts import topics
from contracts.events.campaigns import CampaignEvent, CampaignPaused, CampaignResumed
from dispatch.sending import claim_sql, due_senders
from dispatch.sending.claim_sql import Share
from sqlalchemy import text

from tests.dispatch.events import OURS, campaign, member
from tests.dispatch.house import House
from tests.dispatch.sending.test_waiting import become
from tests.support.facts import eventually

_MANY = """
INSERT INTO deliveries (delivery_id, month, campaign_id, step, variant, script_version, member_id, member_version,
    urgent, expires_at, merge, admitted_at, not_before, waiting_for, sender)
SELECT gen_random_uuid(), d.month, d.campaign_id, d.step, '', 1, gen_random_uuid(), 1, d.urgent, d.expires_at, '{}',
    d.admitted_at, d.expires_at + n * interval '1 millisecond', 'paused', d.sender
FROM deliveries d, generate_series(1, 60000) AS n
"""


async def waits(house: House) -> set[tuple[str | None, bool]]:
    """What for, and whether until it expires."""
    rows = await house.rows("SELECT waiting_for, not_before = expires_at AS aside FROM deliveries")
    return {(row.waiting_for, row.aside) for row in rows}


async def paused(house: House, wanted: CampaignEvent) -> CampaignEvent:
    event = become(CampaignPaused, wanted, "paused")
    await house.hear(topics.CAMPAIGNS, event)
    return event


async def test_a_paused_urgent_campaign_is_not_claimed_before_what_is_not_urgent(quiet_house: House) -> None:
    house = quiet_house
    urgent = campaign(urgent=True)
    await house.known(urgent, *[member() for _ in range(5)])
    before = await paused(house, urgent)
    await house.known(before, *[member() for _ in range(5)])  # the fan-out had not ended yet
    assert await waits(house) == {("paused", True)}
    (other,) = await house.known(campaign(), member())
    for _ in range(2):
        house.clock.advance(timedelta(minutes=10))
        claimed = await house.claimed(5)
        assert claimed.seen == len(claimed.calls)
    assert await house.state(other) == "sending"
    assert not await house.dispatch.claimer.due_senders()


async def test_what_was_put_aside_is_due_at_once_when_its_campaign_goes_on(quiet_house: House) -> None:
    house, wanted = quiet_house, campaign(urgent=True)
    deliveries = await house.known(wanted, member(), member())
    event = await paused(house, wanted)
    deliveries += await house.known(event, member())
    assert await house.claim() == []
    await house.hear(topics.CAMPAIGNS, become(CampaignResumed, event, "launched"))
    assert {call.message.delivery_id for call in await house.claim()} == set(deliveries)


async def test_a_resumption_that_nobody_followed_yet_is_followed_by_the_next_leader(quiet_house: House) -> None:
    """The process died between storing it and waking them."""
    house, wanted = quiet_house, campaign()
    (first,) = await house.known(wanted, member())
    event = await paused(house, wanted)
    assert await house.claim() == []
    assert await waits(house) == {("paused", True)}
    await house.rows_changed("UPDATE campaigns SET snapshot = jsonb_set(snapshot, '{state}', '\"launched\"')")
    await house.rows_changed(
        f"UPDATE campaigns SET state = 'launched', version = version + 1 WHERE campaign_id = '{event.campaign_id}'"
    )
    house.restart()
    house.dispatch.recovery.known.set()
    await house.dispatch.campaign_changes.step()
    assert {call.message.delivery_id for call in await house.claim()} == {first}


async def test_what_is_parked_while_the_resumption_is_being_stored_is_woken_too(quiet_house: House) -> None:
    """The claim read that it is paused, and commits after the resumption."""
    house, wanted = quiet_house, campaign()
    (delivery,) = await house.known(wanted, member())
    await house.rows_changed("UPDATE campaigns SET state = 'paused'")
    await house.rows_changed("UPDATE campaigns SET snapshot = jsonb_set(snapshot, '{state}', '\"paused\"')")
    async with house.database.transaction() as session:
        await claim_sql.due(session, [Share(OURS, 5, 5)])
        event = become(CampaignPaused, wanted, "paused")
        resuming = asyncio.create_task(house.hear(topics.CAMPAIGNS, become(CampaignResumed, event, "launched")))
        await eventually(house.waiting_for_a_lock)
        await session.execute(text("UPDATE deliveries SET not_before = expires_at, waiting_for = 'paused'"))
    await resuming
    assert {call.message.delivery_id for call in await house.claim()} == {delivery}


async def test_what_is_paused_until_it_expires_is_skipped_as_expired(quiet_house: House) -> None:
    house, wanted = quiet_house, campaign()
    (delivery,) = await house.known(wanted, member())
    await paused(house, wanted)
    house.clock.advance(timedelta(days=1))
    assert await house.claim() == []
    assert (await house.state(delivery), await house.reason(delivery)) == ("skipped", "expired")


async def test_thousands_of_urgent_rows_that_wait_are_not_read_to_find_what_is_due(quiet_house: House) -> None:
    house, wanted = quiet_house, campaign(urgent=True)
    await house.known(wanted, member())
    await paused(house, wanted)
    await house.rows_changed(_MANY)
    await house.known(campaign(), member())
    await house.rows_changed("ANALYZE deliveries")
    assert await pages_read(house, claim_sql._DUE, rows=as_json([Share(OURS, 50, 50)._asdict()])) < 50
    assert await pages_read(house, due_senders._DUE_SENDERS, provider="sms", total="*", most=5) < 50
    assert len(await house.claim(50)) == 1


async def pages_read(house: House, statement: str, **values: Any) -> int:
    """PostgreSQL 18 skips from the urgent stretch of the index to the other."""
    explain = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}"
    ((found,),) = await house.rows(explain, **values)
    assert "deliveries_2026_03_sender_urgent_place_idx" in str(found)
    return int(found[0]["Plan"]["Shared Hit Blocks"] + found[0]["Plan"]["Shared Read Blocks"])
