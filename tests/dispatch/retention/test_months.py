"""A month of the ledger goes whole once nothing points into it, and a request of it is refused from then on."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from chassis.errors import Refused
from contracts import topics
from contracts.events.campaigns import CampaignEvent
from contracts.events.members import MemberChanged
from dispatch.ledger import months

from tests.dispatch.events import NOON, campaign, member
from tests.dispatch.house import House

_MARCH = date(2026, 3, 1)
_LONG_AFTER = timedelta(days=435)
"""March is over for 400 days."""
_LEFT = """
SELECT to_regclass('deliveries_2026_03') IS NOT NULL, (SELECT count(*) FROM deliveries),
    (SELECT count(*) FROM attempts), (SELECT count(*) FROM served), (SELECT count(*) FROM lanes)
"""
_NOTHING = (False, 0, 0, 0, 0)


async def left(house: House) -> tuple[Any, ...]:
    return tuple((await house.rows(_LEFT))[0])


async def sent(house: House, launched: CampaignEvent, person: MemberChanged) -> UUID:
    (delivery,) = await house.known(launched, person)
    async with house.sending():
        await house.settled(delivery, "accepted")
    await house.rows_changed("UPDATE deliveries SET published_rev = rev")
    return delivery


async def test_a_month_is_dropped_whole_and_a_request_of_it_that_comes_again_is_refused(patient_house: House) -> None:
    house, launched, person = patient_house, campaign(), member()
    await sent(house, launched, person)
    await house.dispatch.retention.step()
    before = await left(house)
    assert before[0]
    assert all(before)
    house.clock.advance(_LONG_AFTER)
    await house.dispatch.retention.step()
    assert await left(house) == _NOTHING
    again = house.request(launched, person)
    house.restart()
    with pytest.raises(Refused, match="dropped"):
        await house.hear(topics.requests_for("sms", urgent=False), again)
    assert await left(house) == _NOTHING
    later = campaign(launched_on=date(2027, 5, 3), expires_at=NOON + timedelta(days=500))
    assert len(await house.known(later, person)) == 1


async def test_a_request_refused_for_its_month_does_not_keep_others_from_being_admitted(patient_house: House) -> None:
    house, launched, person = patient_house, campaign(), member()
    await sent(house, launched, person)
    house.clock.advance(_LONG_AFTER)
    await house.dispatch.retention.step()
    later = campaign(launched_on=date(2027, 5, 3), expires_at=NOON + timedelta(days=500))
    await house.hear(topics.CAMPAIGNS, later)
    wanted = [house.request(launched, person), house.request(later, person)]
    with pytest.raises(Refused):
        await house.hear(topics.requests_for("sms", urgent=False), *wanted)
    await house.hear(topics.requests_for("sms", urgent=False), wanted[1])
    assert await house.state(wanted[1].delivery_id) == "requested"
    assert await house.state(wanted[0].delivery_id) == ""


async def test_what_a_crash_left_of_a_dropped_month_is_deleted_by_the_next_round(patient_house: House) -> None:
    house = patient_house
    await sent(house, campaign(), member())
    async with house.database.transaction() as session:
        await months.lock(session)
        await months.detach(session, _MARCH, house.clock.now())
    there, deliveries, attempts, *_ = await left(house)
    assert (there, deliveries, attempts) == (True, 0, 1)
    await house.dispatch.retention.step()
    assert await left(house) == _NOTHING


@pytest.mark.parametrize(
    "fields",
    [{"expires_at": NOON + timedelta(days=200)}, {"poll_closes_at": NOON + timedelta(days=200)}],
    ids=["it expired later", "its poll closed later"],
)
async def test_a_month_stays_while_a_campaign_of_it_ended_less_long_ago(
    patient_house: House, fields: dict[str, Any]
) -> None:
    house = patient_house
    await sent(house, campaign(**fields), member())
    house.clock.advance(_LONG_AFTER)
    await house.dispatch.retention.step()
    assert (await left(house))[0]
    house.clock.advance(timedelta(days=170))
    await house.dispatch.retention.step()
    assert await left(house) == _NOTHING


@pytest.mark.parametrize(
    "open_", ["state = 'held', rev = rev + 1, published_rev = rev + 1", "rev = rev + 1"], ids=["held", "unpublished"]
)
async def test_a_month_with_an_open_row_stays_with_an_alarm_and_a_month_longer(
    patient_house: House, open_: str
) -> None:
    house = patient_house
    await sent(house, campaign(), member())
    await house.rows_changed("ALTER TABLE deliveries DISABLE TRIGGER deliveries_legal_moves")
    await house.rows_changed(f"UPDATE deliveries SET {open_}")
    house.clock.advance(_LONG_AFTER)
    await house.dispatch.retention.step()
    assert (await left(house))[0]
    assert house.count("not_sent_for_our_fault_total", why="ledger_month") == 1
    await house.rows_changed("UPDATE deliveries SET state = 'delivered', published_rev = rev")
    await house.dispatch.retention.step()
    assert (await left(house))[0], "what was published of it may be read again"
    house.clock.advance(timedelta(days=32))
    await house.dispatch.retention.step()
    assert await left(house) == _NOTHING


async def test_nothing_is_dropped_before_the_campaigns_are_read(patient_house: House) -> None:
    house = patient_house
    await sent(house, campaign(), member())
    house.clock.advance(_LONG_AFTER)
    house.restart()
    await house.dispatch.retention.step()
    assert (await left(house))[0]
