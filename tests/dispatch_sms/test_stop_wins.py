"""A STOP wins against everything but the member's own later word."""

import uuid
from datetime import timedelta

from contracts import topics
from contracts.events.deliveries import DeliverySkipped
from contracts.events.members import MemberErased

from tests.dispatch_sms.house import NOON, House


async def skipped_as_suppressed(house: House, delivery_id: uuid.UUID) -> bool:
    (event,) = await house.told(delivery_id, "skipped")
    return isinstance(event, DeliverySkipped) and event.reason == "suppressed" and house.sent(delivery_id) == []


async def test_an_import_after_the_stop_changes_nothing(house: House) -> None:
    member = await house.member("+447700912021")
    await house.text("+447700912021", "STOP")
    imported = await house.member("+447700912021", member_id=member.member_id, given_name="Nia Mair")
    assert await skipped_as_suppressed(house, await house.ask(imported, await house.campaign()))


async def test_an_older_snapshot_after_the_stop_changes_nothing(house: House) -> None:
    member = await house.member("+447700912022", version=7)
    await house.text("+447700912022", "STOP")
    older = await house.member("+447700912022", member_id=member.member_id, version=5)
    assert await skipped_as_suppressed(house, await house.ask(older, await house.campaign()))


async def test_erasure_and_a_new_import_change_nothing(house: House) -> None:
    member = await house.member("+447700912023")
    await house.told(await house.ask(member, await house.campaign()), "delivered")
    await house.text("+447700912023", "STOP")
    erased = MemberErased(member_id=member.member_id, version=2)
    await house.world.publish(topics.MEMBERS, str(member.member_id), erased)
    again = await house.member("+447700912023")
    assert again.member_id != member.member_id
    assert await skipped_as_suppressed(house, await house.ask(again, await house.campaign()))
    (row,) = await house.rows("SELECT * FROM contacts WHERE member_id = :id", id=member.member_id)
    assert (row.erased, row.address, row.given_name) == (True, None, "")


async def test_a_stop_speaks_for_both_members_on_one_number(house: House) -> None:
    first, second = [await house.member("+447700912024") for _ in range(2)]
    await house.told(await house.ask(first, await house.campaign()), "delivered")
    await house.told(await house.ask(second, await house.campaign()), "delivered")
    await house.text("+447700912024", "STOP")
    (reply,) = await house.replies("+447700912024")
    assert set(reply.members_at_address) == {first.member_id, second.member_id}
    for member in (first, second):
        assert await skipped_as_suppressed(house, await house.ask(member, await house.campaign()))


async def test_a_stop_from_a_number_nobody_has_yet_waits_for_its_member(house: House) -> None:
    await house.text("+447700912025", "STOP")
    assert await skipped_as_suppressed(house, await house.asked("+447700912025"))


async def test_consent_given_after_the_stop_lifts_it_and_older_consent_does_not(house: House) -> None:
    await house.text("+447700912026", "STOP")
    member = await house.member("+447700912026", consented_at=NOON - timedelta(seconds=1))
    assert await skipped_as_suppressed(house, await house.ask(member, await house.campaign()))
    later = house.clock.now() + timedelta(seconds=1)
    renewed = await house.member("+447700912026", member_id=member.member_id, consented_at=later)
    await house.told(await house.ask(renewed, await house.campaign()), "delivered")


async def test_a_second_stop_wins_over_the_consent_between_the_two(house: House) -> None:
    await house.text("+447700912027", "STOP")
    member = await house.member("+447700912027", consented_at=house.clock.now())
    await house.told(await house.ask(member, await house.campaign()), "delivered")
    await house.text("+447700912027", "STOP")
    assert await skipped_as_suppressed(house, await house.ask(member, await house.campaign()))


async def test_an_operators_word_counts_as_much(house: House) -> None:
    answer = await house.client.post("/suppressions", json={"address": "+44 7700 912028"})
    assert answer.status_code == 204
    assert await skipped_as_suppressed(house, await house.asked("+447700912028"))
