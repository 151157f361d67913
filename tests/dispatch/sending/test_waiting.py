"""Waiting is a row with a date, and pauses, cancellations and stops are in force at the next claim."""

import uuid
from datetime import date, timedelta
from typing import Any

from contracts import topics
from contracts.enums import Effect
from contracts.events.ballots import ParticipationRecorded
from contracts.events.campaigns import (
    CampaignCancelled,
    CampaignEvent,
    CampaignPaused,
    CampaignResumed,
    SendingStopped,
)

from tests.dispatch.events import NOON, campaign, member
from tests.dispatch.house import House
from tests.support.facts import eventually


def become(kind: type[CampaignEvent], was: CampaignEvent, state: str, **fields: object) -> CampaignEvent:
    values = was.model_dump() | {"version": was.version + 1, "state": state} | fields
    return kind.model_validate(values)


async def waits_for(house: House, delivery: uuid.UUID, why: str | None) -> None:
    async def look() -> str | None:
        rows = await house.rows("SELECT waiting_for FROM deliveries WHERE delivery_id = :id", id=delivery)
        return rows[0].waiting_for if rows else "nothing"

    await eventually(look, until=lambda seen: seen == why)


async def test_a_request_before_its_member_and_its_campaign_waits_for_both(quiet_house: House) -> None:
    house, wanted, person = quiet_house, campaign(), member()
    request = house.request(wanted, person)
    await house.hear(topics.SMS_REQUESTS, request)
    async with house.sending():
        await waits_for(house, request.delivery_id, "member")
        await house.hear(topics.MEMBERS, person)
        await waits_for(house, request.delivery_id, "campaign")
        await house.hear(topics.CAMPAIGNS, wanted)
        await house.settled(request.delivery_id, "accepted")


async def test_a_number_changed_after_the_request_is_the_one_that_is_used(quiet_house: House) -> None:
    house, person = quiet_house, member()
    newer = member(member_id=person.member_id, version=2)
    request = house.request(campaign(), newer)
    wanted = campaign(campaign_id=request.campaign_id)
    await house.hear(topics.CAMPAIGNS, wanted)
    await house.hear(topics.MEMBERS, person)
    await house.hear(topics.SMS_REQUESTS, request)
    async with house.sending():
        await waits_for(house, request.delivery_id, "member")
        await house.hear(topics.MEMBERS, newer)
        await house.settled(request.delivery_id, "accepted")
    assert house.provider.journal[0].to == newer.contact_points[0].address


async def test_after_a_quarter_of_an_hour_it_is_skipped_with_an_alarm(quiet_house: House) -> None:
    house = quiet_house
    request = house.request(campaign(), member())
    await house.hear(topics.SMS_REQUESTS, request)
    async with house.sending():
        await waits_for(house, request.delivery_id, "member")
        house.clock.advance(timedelta(minutes=15))
        await house.applied()
        await house.settled(request.delivery_id, "skipped")
    assert await house.reason(request.delivery_id) == "member_unknown"
    assert house.count("gave_up_waiting_total") == 1


async def test_a_member_who_is_still_on_the_way_after_a_quarter_of_an_hour_is_waited_for(quiet_house: House) -> None:
    """`members` was last applied to its end before the patience with the request was over."""
    house, wanted, person = quiet_house, campaign(), member()
    request = house.request(wanted, person)
    await house.hear(topics.CAMPAIGNS, wanted)
    await house.hear(topics.SMS_REQUESTS, request)
    await house.applied(seconds_ago=60)
    house.clock.advance(timedelta(minutes=15, seconds=30))
    assert await house.claim() == []
    assert await house.state(request.delivery_id) == "requested"
    await house.hear(topics.MEMBERS, person)
    house.clock.advance(timedelta(seconds=30))
    async with house.sending():
        await house.settled(request.delivery_id, "accepted")


async def test_an_older_snapshot_changes_nothing(quiet_house: House) -> None:
    house, person = quiet_house, member(version=5, given_name="Newer")
    await house.hear(topics.MEMBERS, person, person.model_copy(update={"version": 4, "given_name": "Older"}))
    await house.hear(topics.MEMBERS, person.model_copy(update={"version": 3, "given_name": "Oldest"}))
    (row,) = await house.rows("SELECT version, given_name FROM contacts")
    assert (row.version, row.given_name) == (5, "Newer")


async def test_a_paused_campaign_waits_until_it_is_resumed(quiet_house: House) -> None:
    house, wanted = quiet_house, campaign()
    paused = become(CampaignPaused, wanted, "paused")
    await house.hear(topics.CAMPAIGNS, wanted, paused)
    (delivery,) = await house.known(wanted, member())
    async with house.sending():
        await waits_for(house, delivery, "paused")
        await house.hear(topics.CAMPAIGNS, become(CampaignResumed, paused, "launched"))
        await house.settled(delivery, "accepted")


async def test_a_cancelled_campaign_is_skipped_thousands_at_a_time(quiet_house: House) -> None:
    house, wanted = quiet_house, campaign()
    paused = become(CampaignPaused, wanted, "paused")
    deliveries = await house.known(wanted, *[member() for _ in range(30)])
    await house.hear(topics.CAMPAIGNS, paused, become(CampaignCancelled, paused, "cancelled"))
    assert {await house.reason(delivery) for delivery in deliveries} == {"cancelled"}
    (late,) = await house.known(wanted, member())
    assert await house.claim() == []
    assert await house.reason(late) == "cancelled"


async def test_the_union_wide_stop_holds_every_campaign_until_it_is_lifted(quiet_house: House) -> None:
    house = quiet_house
    stop = SendingStopped(version=1, stopped=True, reason="a wrong number in the text", at=NOON)
    await house.hear(topics.CAMPAIGNS, stop)
    (delivery,) = await house.known(campaign(), member())
    assert await house.claim() == []
    async with house.sending():
        assert not await house.dispatch.brake.lets_claim()
        assert house.provider.called == []
        await house.hear(topics.CAMPAIGNS, stop.model_copy(update={"version": 2, "stopped": False}))
        await house.settled(delivery, "accepted")


async def test_at_night_it_waits_for_the_morning_and_then_goes(quiet_house: House) -> None:
    house = quiet_house
    house.clock.advance(timedelta(hours=11))
    (delivery,) = await house.known(campaign(expires_at=NOON + timedelta(days=2)), member())
    async with house.sending():
        await waits_for(house, delivery, "quiet_hours")
        (row,) = await house.rows("SELECT not_before FROM deliveries")
        assert row.not_before == NOON + timedelta(hours=20)
        house.clock.advance(timedelta(hours=9, minutes=1))
        await house.settled(delivery, "accepted")


async def test_a_provider_may_hold_it_only_until_the_member_must_not_be_disturbed(quiet_house: House) -> None:
    """The carrier would otherwise retry a phone that is off until it is switched on at night."""
    house = quiet_house
    house.clock.advance(timedelta(hours=8))  # 20:00
    wanted: dict[str, Any] = {"expires_at": NOON + timedelta(days=2)}
    evening = await house.known(campaign(**wanted), member())
    (call,) = await house.claim()
    assert call.message.delivery_id == evening[0]
    assert 3300 <= call.message.valid_for <= 3600
    await house.known(campaign(**wanted, passes_quiet_hours=True, quiet_hours_reason="strike"), member())
    (call,) = await house.claim()
    assert call.message.valid_for == 36_000
    (late,) = await house.known(campaign(**wanted), member())
    house.clock.advance(timedelta(minutes=59, seconds=57))
    assert await house.claim() == []
    (row,) = await house.rows("SELECT waiting_for FROM deliveries WHERE delivery_id = :id", id=late)
    assert row.waiting_for == "quiet_hours"


async def test_what_could_only_go_after_it_expires_is_skipped_at_once(quiet_house: House) -> None:
    house = quiet_house
    house.clock.advance(timedelta(hours=11))
    (delivery,) = await house.known(campaign(expires_at=NOON + timedelta(hours=19)), member())
    async with house.sending():
        await house.settled(delivery, "skipped")
    assert await house.reason(delivery) == "expired"


async def test_what_expired_while_nobody_sent_is_swept(quiet_house: House) -> None:
    house = quiet_house
    (delivery,) = await house.known(campaign(), member())
    house.clock.advance(timedelta(days=2))
    await house.dispatch.maintenance.sweep()
    assert (await house.state(delivery), await house.reason(delivery)) == ("skipped", "expired")


async def test_who_took_part_is_not_asked_again_but_who_is_to_be_chased_is(quiet_house: House) -> None:
    house, poll = quiet_house, uuid.uuid4()
    voted, undecided = member(), member()
    for person, effect in ((voted, Effect.VOTED), (undecided, Effect.KEEP_CHASING)):
        event = ParticipationRecorded(ballot_id=poll, member_id=person.member_id, effect=effect, on=date(2026, 3, 2))
        await house.hear(topics.PARTICIPATION, event)
    first, second = await house.known(campaign(poll_id=poll), voted, undecided)
    async with house.sending():
        await house.settled(first, "skipped")
        await house.settled(second, "accepted")
    assert await house.reason(first) == "already_took_part"


async def test_whose_latest_answer_lets_them_be_chased_is_asked_again(quiet_house: House) -> None:
    house, poll = quiet_house, uuid.uuid4()
    people = [member() for _ in range(3)]
    said: list[list[tuple[Effect, ...]]] = [
        [(Effect.VOTED,), (Effect.KEEP_CHASING,)],
        [(Effect.DO_NOT_ASK, Effect.NONE)],
        [(Effect.KEEP_CHASING,), (Effect.NONE, Effect.VOTED)],
    ]
    for person, batches in zip(people, said, strict=True):
        for effects in batches:
            words = [
                ParticipationRecorded(ballot_id=poll, member_id=person.member_id, effect=effect, on=date(2026, 3, 2))
                for effect in effects
            ]
            await house.hear(topics.PARTICIPATION, *words)
    first, second, third = await house.known(campaign(poll_id=poll), *people)
    async with house.sending():
        await house.settled(first, "accepted")
        await house.settled(second, "accepted")
        await house.settled(third, "skipped")
    assert await house.reason(third) == "already_took_part"


async def test_one_address_gets_one_message_of_a_step(patient_house: House) -> None:
    house, number, wanted = patient_house, "+447700913000", campaign()
    deliveries = await house.known(wanted, member(number=number), member(number=number))
    async with house.sending():
        await eventually(
            lambda: house.rows("SELECT 1 FROM deliveries WHERE state = 'requested'"), until=lambda r: not r
        )
        third = await house.known(wanted, member(number=number))
        await house.settled(third[0], "skipped")
    states = sorted([await house.state(delivery) for delivery in deliveries])
    assert states == ["accepted", "skipped"]
    assert len(house.provider.journal) == 1
    assert await house.reason(third[0]) == "same_address"


async def test_urgent_goes_first(quiet_house: House) -> None:
    house = quiet_house
    await house.known(campaign(), *[member() for _ in range(20)])
    (urgent,) = await house.known(campaign(urgent=True), member())
    (first, *_) = await house.claim(5)
    assert first.message.delivery_id == urgent


async def test_without_content_or_a_value_it_is_not_renderable(quiet_house: House) -> None:
    house = quiet_house
    (delivery,) = await house.known(campaign("Your branch is {{ branch }}"), member())
    (renderable,) = await house.known(campaign("Your branch is {{ branch }}"), member(), merge={"branch": "Gwynedd"})
    async with house.sending():
        await house.settled(delivery, "skipped")
        await house.settled(renderable, "accepted")
    assert await house.reason(delivery) == "not_renderable"
    assert house.provider.journal[0].text == "Your branch is Gwynedd"


async def test_a_text_that_a_name_makes_longer_than_anybody_approved_is_not_sent(quiet_house: House) -> None:
    """In the summary a family name is counted with a stand-in in GSM; this one turns the text into UCS-2."""
    house = quiet_house
    wanted = campaign("x" * 1500 + " {{ family_name }}")
    (short,) = await house.known(wanted, member(family_name="Llewellyn"))
    (long,) = await house.known(wanted, member(family_name="Nguyễn"))
    async with house.sending():
        await house.settled(long, "skipped")
        await house.settled(short, "accepted")
    assert await house.reason(long) == "too_long"


async def test_a_poll_link_is_bound_to_the_poll_and_the_member(quiet_house: House) -> None:
    house, poll, person = quiet_house, uuid.uuid4(), member()
    (delivery,) = await house.known(campaign("Answer: {{ poll_link }}", poll_id=poll), person)
    async with house.sending():
        await house.settled(delivery, "accepted")
    link = house.provider.journal[0].text.removeprefix("Answer: ")
    assert link.startswith("https://ballot.example.org/answer/")
    token = link.rpartition("/")[2]
    assert house.settings.links.open("answer", token, NOON) == (poll, person.member_id)


async def test_the_consent_used_stands_in_the_members_history(patient_house: House) -> None:
    house, person = patient_house, member()
    (delivery,) = await house.known(campaign(), person)
    async with house.sending():
        await house.settled(delivery, "accepted")
    (told,) = await house.dispatch.operations.history(person.member_id, None, None, 9)
    assert told.consent_id == person.consents[0].consent_id
    assert [step.status for step in told.passed] == ["sending", "accepted"]
    assert await house.dispatch.operations.history(person.member_id, "elsewhere", None, 9) == []
