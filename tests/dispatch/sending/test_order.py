"""Nobody waits behind a million: lanes take turns, and what was put off does not go to the end."""

import time
from datetime import timedelta
from uuid import UUID

import pytest
from contracts import topics
from contracts.events.campaigns import CampaignEvent
from dispatch.provider import NotSent, Outbound, Outcome

from tests.dispatch.events import NOON, campaign, member
from tests.dispatch.house import House, house_in
from tests.dispatch.trial import PATIENT
from tests.support.facts import eventually
from tests.support.world import World

_MORE = """
INSERT INTO deliveries (delivery_id, month, campaign_id, step, variant, script_version, member_id, member_version,
    branch, urgent, expires_at, merge, admitted_at, not_before, due, sender, place)
SELECT gen_random_uuid(), d.month, d.campaign_id, d.step, '', 1, d.member_id, 1, d.branch, false, d.expires_at, '{}',
    d.admitted_at, d.not_before, true, d.sender, d.place + n
FROM deliveries d, generate_series(1, 5000) AS n
"""

_THEIR_CONTACTS = """
INSERT INTO contacts (member_id, version, erased, status, given_name, family_name, language, time_zone, address,
    address_hash, usable, consents, places)
SELECT d.member_id, c.version, false, c.status, c.given_name, c.family_name, c.language, c.time_zone, c.address,
    d.member_id::text, true, c.consents, c.places
FROM deliveries d CROSS JOIN (SELECT * FROM contacts LIMIT 1) c
ON CONFLICT DO NOTHING
"""


async def newsletter(house: House, rows: int = 5001) -> CampaignEvent:
    """Many rows of one campaign, due."""
    wanted = campaign(expires_at=NOON + timedelta(days=3))
    await house.known(wanted, member())
    if rows > 1:
        await house.rows_changed(_MORE)
        await house.rows_changed("UPDATE lanes SET last_place = (SELECT max(place) FROM deliveries)")
    return wanted


async def next_claimed(house: House, most: int) -> list[UUID]:
    """Campaigns of the rows that would be claimed next, in order; without claiming them."""
    await house.dispatch.claimer.due_senders()
    statement = (
        "SELECT campaign_id FROM deliveries WHERE state = 'requested' AND due ORDER BY urgent DESC, place LIMIT :n"
    )
    return [row.campaign_id for row in await house.rows(statement, n=most)]


async def test_a_note_to_twenty_does_not_wait_behind_five_thousand(quiet_house: House) -> None:
    house = quiet_house
    await newsletter(house)
    note = campaign()
    await house.known(note, *[member() for _ in range(20)])
    assert (await next_claimed(house, 45)).count(note.campaign_id) == 20


async def test_a_later_note_starts_where_the_newsletter_stands_and_not_before_it(quiet_house: House) -> None:
    house = quiet_house
    sent = await newsletter(house)
    await house.rows_changed("UPDATE deliveries SET state = 'skipped', rev = rev + 1 WHERE place < 3000")
    note = campaign()
    await house.known(note, *[member() for _ in range(20)])
    ahead = await next_claimed(house, 40)
    assert abs(ahead.count(note.campaign_id) - ahead.count(sent.campaign_id)) <= 2


async def test_a_newsletter_to_many_branches_has_one_turn_and_not_one_for_each(quiet_house: House) -> None:
    house, wanted, note = quiet_house, campaign(), campaign()
    people = [member() for _ in range(120)]
    await house.hear(topics.CAMPAIGNS, wanted)
    await house.hear(topics.MEMBERS, *people)
    asked = [house.request(wanted, one, branch=f"b{number}") for number, one in enumerate(people)]
    await house.hear(topics.SMS_REQUESTS, *asked)
    await house.known(note, *[member() for _ in range(20)])
    assert (await next_claimed(house, 42)).count(note.campaign_id) == 20


async def test_an_urgent_row_that_was_put_off_does_not_wait_for_thousands_to_wake(quiet_house: House) -> None:
    house = quiet_house
    await newsletter(house)
    await house.rows_changed("UPDATE deliveries SET due = false, not_before = admitted_at")
    (alert,) = await house.known(campaign(urgent=True), member())
    await house.rows_changed(f"UPDATE deliveries SET due = false WHERE delivery_id = '{alert}'")
    assert [call.message.delivery_id for call in await house.claim(1)] == [alert]


async def test_what_was_put_off_for_a_second_is_next_and_not_last(patient_house: House) -> None:
    house = patient_house

    async def refuse(_: Outbound) -> Outcome:
        return NotSent("busy", retry_after=1.0)

    house.provider.answer = refuse
    first = await house.known(campaign(), *[member() for _ in range(30)])
    calls = await house.claim(10)
    assert {call.message.delivery_id for call in calls} <= set(first)
    for call in calls:
        await house.dispatch.provider_calls.make(call, 0.0)
    house.clock.advance(timedelta(seconds=2))
    again = {call.message.delivery_id for call in await house.claim(22)}
    assert {call.message.delivery_id for call in calls} <= again


async def test_a_campaign_that_wakes_up_takes_turns_with_what_is_going_on(quiet_house: House) -> None:
    """It slept through the night, and its places are from long ago."""
    house = quiet_house
    asleep = await newsletter(house)
    await house.rows_changed("UPDATE deliveries SET due = false, not_before = now() + interval '50 years'")
    going = campaign(expires_at=NOON + timedelta(days=3))
    await house.known(going, *[member() for _ in range(60)])
    await house.rows_changed("UPDATE deliveries SET not_before = admitted_at")
    ahead = await next_claimed(house, 60)
    assert 28 <= ahead.count(going.campaign_id) <= 32
    assert ahead.count(asleep.campaign_id) + ahead.count(going.campaign_id) == 60
    places = await house.rows(
        f"SELECT place FROM deliveries WHERE campaign_id = '{asleep.campaign_id}' AND due ORDER BY place LIMIT 3"
    )
    assert places[0].place > 5001


@pytest.mark.long
async def test_fifty_go_at_once_while_a_million_wait(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """Prints how long they take; what decides is how many others went meanwhile."""
    async with house_in(world, trial_rate=20.0, **PATIENT) as house:
        await newsletter(house, 1)
        await house.rows_changed(_MORE.replace("5000", "1000000").replace("d.member_id", "gen_random_uuid()"))
        await house.rows_changed("UPDATE lanes SET last_place = (SELECT max(place) FROM deliveries)")
        await house.rows_changed(_THEIR_CONTACTS)
        await house.rows_changed("ANALYZE")
        async with house.sending():
            await eventually(lambda: len(house.provider.called), until=lambda seen: seen > 20)
            note, before, began = campaign(), len(house.provider.called), time.monotonic()
            for delivery in await house.known(note, *[member() for _ in range(50)]):
                await house.settled(delivery, "accepted", within=300)
            took = time.monotonic() - began
        others = len(house.provider.called) - before - 50
        waiting = await house.rows("SELECT count(*) FROM deliveries WHERE state = 'requested' AND due")
        with capsys.disabled():
            print(f"\n{waiting[0].count} rows wait; a note to 50 took {took:.1f} s at 20/s")  # noqa: T201 - asked for
        assert others <= 75
