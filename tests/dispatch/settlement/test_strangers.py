"""Several messages to one number in the window of a doubt: which of them could be the one that is looked for."""

from dataclasses import replace

from dispatch.provider import Outbound

from tests.dispatch.events import campaign, member
from tests.dispatch.house import House

NUMBER = "+447700917000"


async def called(house: House, words: str) -> Outbound:
    """A message of a campaign of its own; the process dies when its claim is committed."""
    await house.known(campaign(words), member(number=NUMBER))
    (call,) = await house.orphan()
    return call.message


async def test_a_message_whose_text_was_changed_on_the_way_is_given_to_a_person_and_not_sent_again(
    patient_house: House,
) -> None:
    house = patient_house
    message = await called(house, "Picket at 6 \u2013 come")
    house.provider.take(replace(message, text="Picket at 6 - come"))
    async with house.sending(reconciling=True):
        await house.settled(message.delivery_id, "held")
    assert len(house.provider.journal) == 1
    assert len(house.provider.looked) == 2


async def test_another_campaigns_message_with_a_known_reference_is_no_obstacle(patient_house: House) -> None:
    house = patient_house
    other = await called(house, "Vote today")
    await house.dispatch.outcomes.put(other.delivery_id, other.gen, house.provider.take(other))
    message = await called(house, "Picket at six")
    async with house.sending(reconciling=True):
        await house.settled(message.delivery_id, "accepted")
    assert house.provider.gens(message.delivery_id) == [2]


async def test_two_campaigns_in_doubt_at_one_number_are_told_apart_by_their_texts(patient_house: House) -> None:
    """One went and one did not: neither is held, and neither goes twice."""
    house = patient_house
    went, lost = await called(house, "Vote today"), await called(house, "Picket at six")
    house.provider.take(went)
    async with house.sending(reconciling=True):
        await house.settled(went.delivery_id, "accepted")
        await house.settled(lost.delivery_id, "accepted")
    assert (house.provider.gens(went.delivery_id), house.provider.gens(lost.delivery_id)) == ([1], [2])
    assert await house.rows("SELECT 1 FROM deliveries WHERE state = 'held'") == []


async def test_a_stranger_beside_the_message_itself_changes_nothing(patient_house: House) -> None:
    house = patient_house
    message = await called(house, "Picket at six")
    house.provider.take(replace(message, text="Another system's words"))
    taken = house.provider.take(message)
    async with house.sending(reconciling=True):
        await house.settled(message.delivery_id, "accepted")
    (row,) = await house.rows("SELECT reference FROM deliveries")
    assert row.reference == taken.reference
