"""STOP wins, in every order."""

import asyncio
import uuid
from datetime import timedelta

import pytest
from contracts import topics
from contracts.enums import Intent
from contracts.events.members import MemberErased
from dispatch.inbound.inbound import InboundText
from sqlalchemy import text

from tests.dispatch.events import NOON, OURS, campaign, member
from tests.dispatch.house import House
from tests.support.facts import eventually


async def said(house: House, number: str, words: str) -> Intent:
    heard = await house.dispatch.inbound.hear(InboundText(number, OURS, words, uuid.uuid4().hex))
    return heard.intent


NUMBER = "+447700912345"


@pytest.mark.parametrize("word", ["STOP", "stop.", "Stopio", "ARRÊT", "END"])
async def test_after_a_stop_nothing_is_claimed_for_anybody_at_that_number(quiet_house: House, word: str) -> None:
    house = quiet_house
    assert await said(house, NUMBER, word) is Intent.STOP
    deliveries = await house.known(campaign(one_per_member=True), member(number=NUMBER), member(number=NUMBER))
    async with house.sending():
        for delivery in deliveries:
            await house.settled(delivery, "skipped")
            assert await house.reason(delivery) == "suppressed"
    assert house.provider.journal == []


async def test_a_start_lifts_it(quiet_house: House) -> None:
    await said(quiet_house, NUMBER, "STOP")
    await said(quiet_house, NUMBER, "start")
    (delivery,) = await quiet_house.known(campaign(), member(number=NUMBER))
    async with quiet_house.sending():
        await quiet_house.settled(delivery, "accepted")


async def test_an_import_after_the_stop_with_older_evidence_does_not_lift_it(quiet_house: House) -> None:
    house = quiet_house
    person = member(number=NUMBER)
    await house.hear(topics.MEMBERS, person)
    await said(house, NUMBER, "STOP")
    newer = person.model_copy(update={"version": 2, "given_name": "Imported"})
    (delivery,) = await house.known(campaign(), newer)
    async with house.sending():
        await house.settled(delivery, "skipped")
    assert await house.reason(delivery) == "suppressed"


async def test_consent_with_later_evidence_lifts_it(quiet_house: House) -> None:
    house = quiet_house
    await said(house, NUMBER, "STOP")
    (delivery,) = await house.known(campaign(), member(number=NUMBER, consented_at=NOON + timedelta(hours=2)))
    async with house.sending():
        await house.settled(delivery, "accepted")


async def test_a_stop_after_a_later_consent_stops_again(quiet_house: House) -> None:
    """Consent outweighs a STOP without lifting it; a second STOP must then count by its own time."""
    house = quiet_house
    await said(house, NUMBER, "STOP")
    house.clock.advance(timedelta(hours=4))
    person = member(number=NUMBER, consented_at=NOON + timedelta(hours=2))
    await said(house, NUMBER, "STOP")
    (delivery,) = await house.known(campaign(), person)
    async with house.sending():
        await house.settled(delivery, "skipped")
    assert await house.reason(delivery) == "suppressed"


async def test_what_the_provider_took_for_a_stop_is_one(quiet_house: House) -> None:
    house = quiet_house
    inbound = InboundText(NUMBER, OURS, "leave me be", "SM9", intent=Intent.STOP)
    assert (await house.dispatch.inbound.hear(inbound)).intent is Intent.STOP
    assert await house.rows("SELECT 1 FROM suppressions WHERE lifted_at IS NULL")


async def test_who_clicks_again_on_another_day_is_heard_again(quiet_house: House) -> None:
    house, person = quiet_house, member(number=NUMBER)
    (delivery,) = await house.known(campaign(), person)
    async with house.sending():
        await house.settled(delivery, "accepted")
    for _ in range(2):
        assert await house.dispatch.inbound.unsubscribe(delivery, "one_click")
        house.clock.advance(timedelta(days=3))
    (row,) = await house.rows("SELECT count(*) AS number FROM outbox")
    assert row.number == 2


async def test_it_survives_erasure_and_the_same_number_coming_back_as_another_member(quiet_house: House) -> None:
    house = quiet_house
    gone = member(number=NUMBER)
    await house.hear(topics.MEMBERS, gone)
    await said(house, NUMBER, "STOP")
    await house.hear(topics.MEMBERS, MemberErased(member_id=gone.member_id, version=2))
    (delivery,) = await house.known(campaign(), member(number=NUMBER))
    async with house.sending():
        await house.settled(delivery, "skipped")
    assert await house.reason(delivery) == "suppressed"
    (row,) = await house.rows("SELECT * FROM contacts WHERE member_id = :id", id=gone.member_id)
    assert row.erased
    assert (row.address, row.address_hash, row.given_name, row.family_name) == (None, None, "", "")
    (kept,) = await house.rows("SELECT address_hash FROM suppressions")
    assert NUMBER not in kept.address_hash


async def test_what_waits_is_skipped_the_moment_its_member_is_erased(quiet_house: House) -> None:
    house = quiet_house
    person = member(number=NUMBER)
    paused = campaign(state="paused")
    (delivery,) = await house.known(paused, person)
    await house.hear(topics.MEMBERS, MemberErased(member_id=person.member_id, version=2))
    assert (await house.state(delivery), await house.reason(delivery)) == ("skipped", "erased")
    await house.hear(topics.MEMBERS, person.model_copy(update={"version": 3}))
    late = campaign()
    (second,) = await house.known(late, person)
    assert (await house.state(second), await house.reason(second)) == ("skipped", "erased")


async def test_a_stop_waits_for_a_claim_in_progress_and_a_claim_for_a_stop(quiet_house: House) -> None:
    """Many members at one number, stopped while they are being claimed: none is claimed after the STOP's commit."""
    house = quiet_house
    people = [member(number=NUMBER) for _ in range(300)]
    await house.known(campaign(one_per_member=True), *people)
    async with house.sending():
        await eventually(lambda: len(house.provider.journal) >= 5, every=0.001)
        await said(house, NUMBER, "STOP")
        (stopped,) = await house.rows("SELECT clock_timestamp() AS at")
        states = await eventually(
            lambda: house.rows("SELECT state FROM deliveries WHERE state NOT IN ('accepted', 'skipped')"),
            until=lambda rows: not rows,
        )
    assert states == []
    late = await house.rows("SELECT gen FROM attempts WHERE t_send > :at", at=stopped.at)
    assert late == []


async def test_a_claim_that_began_first_is_finished_before_the_stop_is(quiet_house: House) -> None:
    """The contact row decides: FOR SHARE in the claim, FOR UPDATE in the STOP."""
    house = quiet_house
    (delivery,) = await house.known(campaign(), member(number=NUMBER))
    async with house.database.transaction() as session:
        await session.execute(text("SELECT 1 FROM contacts FOR SHARE"))
        stopping = asyncio.create_task(said(house, NUMBER, "STOP"))
        done, _ = await asyncio.wait({stopping}, timeout=0.3)
        assert not done
    await stopping
    async with house.sending():
        await house.settled(delivery, "skipped")


async def test_a_claim_waits_for_a_stop_that_began_first_and_heeds_it(quiet_house: House) -> None:
    house = quiet_house
    (delivery,) = await house.known(campaign(), member(number=NUMBER))
    async with house.database.transaction() as session:
        await session.execute(text("SELECT 1 FROM contacts FOR UPDATE"))  # as a STOP does first
        async with house.sending():
            await eventually(house.waiting_for_a_lock)
            stop = "INSERT INTO suppressions SELECT address_hash, clock_timestamp(), 'reply' FROM contacts"
            await session.execute(text(stop))
            await session.commit()
            await house.settled(delivery, "skipped")
    assert (await house.reason(delivery), house.provider.called) == ("suppressed", [])


async def test_a_repeated_webhook_says_it_once(quiet_house: House) -> None:
    house = quiet_house
    inbound = InboundText(NUMBER, OURS, "yes to that", "SM1")
    first, again = [await house.dispatch.inbound.hear(inbound) for _ in range(2)]
    assert (first.repeated, again.repeated, first.reply_id) == (False, True, again.reply_id)
    (row,) = await house.rows("SELECT count(*) AS number FROM outbox")
    assert row.number == 1


async def test_an_answer_belongs_to_the_latest_open_ask_to_that_number(quiet_house: House) -> None:
    house, poll, person = quiet_house, uuid.uuid4(), member(number=NUMBER)
    older, newer = campaign(poll_id=uuid.uuid4()), campaign(poll_id=poll)
    over = campaign(poll_id=uuid.uuid4(), expires_at=NOON + timedelta(hours=1))
    silent = campaign()
    asked = []
    async with house.sending():
        for one in (over, older, newer, silent):
            (delivery,) = await house.known(one, person)
            asked.append(delivery)
            await house.settled(delivery, "accepted")
            house.clock.advance(timedelta(minutes=5))
    house.clock.advance(timedelta(hours=2))
    await said(house, NUMBER, "yes please")
    (row,) = await house.rows("SELECT convert_from(value, 'UTF8') AS body FROM outbox ORDER BY id DESC LIMIT 1")
    assert str(poll) in row.body
    assert str(asked[2]) in row.body
    assert NUMBER not in row.body


async def test_an_ask_lasts_as_long_as_its_poll_takes_answers(quiet_house: House) -> None:
    house, poll, person = quiet_house, uuid.uuid4(), member(number=NUMBER)
    short = campaign(poll_id=poll, expires_at=NOON + timedelta(hours=1), poll_closes_at=NOON + timedelta(hours=3))
    (delivery,) = await house.known(short, person)
    async with house.sending():
        await house.settled(delivery, "accepted")
    for hours, belongs in ((2, True), (2, False)):
        house.clock.advance(timedelta(hours=hours))
        await said(house, NUMBER, f"yes, {hours} hours later")
        (row,) = await house.rows("SELECT convert_from(value, 'UTF8') AS body FROM outbox ORDER BY id DESC LIMIT 1")
        assert (str(poll) in row.body, str(delivery) in row.body) == (belongs, belongs)


async def test_one_click_suppresses_the_address_the_delivery_went_to(quiet_house: House) -> None:
    house, person = quiet_house, member(number=NUMBER)
    (delivery,) = await house.known(campaign(), person)
    async with house.sending():
        await house.settled(delivery, "accepted")
    assert await house.dispatch.inbound.unsubscribe(delivery, "one_click")
    assert await house.dispatch.inbound.unsubscribe(delivery, "page")
    assert not await house.dispatch.inbound.unsubscribe(uuid.uuid4(), "page")
    (row,) = await house.rows("SELECT count(*) AS number FROM outbox")
    assert row.number == 1
    (second,) = await house.known(campaign(), person)
    async with house.sending():
        await house.settled(second, "skipped")
