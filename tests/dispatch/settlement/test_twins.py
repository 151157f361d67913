"""Two deliveries with the same text to the same number: the provider's list cannot tell whose message is whose.

A shared telephone, or a campaign repeated word for word. The ledger must not take the one's message for the other's.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from contracts import topics
from dispatch.ledger.moves import Move
from dispatch.ledger.states import Happening
from dispatch.provider import Found, Lookup

from tests.dispatch.events import campaign, member
from tests.dispatch.house import House, house_in
from tests.dispatch.ledger.judging import ends, holds
from tests.dispatch.ledger.play import SPANS, USUAL, Trial
from tests.dispatch.ledger.unruly import D, Fate, Q
from tests.dispatch.trial import PATIENT, TrialProvider
from tests.support.world import World

WENT_UNHEARD = Fate(heard=False)


@pytest.fixture
async def trial(world: World) -> AsyncIterator[Trial]:
    async with house_in(world, **SPANS) as house:
        yield Trial(house)


async def both_claimed(trial: Trial) -> None:
    """Two campaigns with the same words to one member, both claimed by one process."""
    await trial.begin()
    await trial.ask(0, 0)
    await trial.ask(1, 0)
    await trial.claim(0, 2)
    assert len({(work.call.message.to, work.call.message.text) for work in trial.works[0]}) == 1


async def test_a_message_that_a_person_called_accepted_is_not_taken_for_another_one(trial: Trial) -> None:
    await both_claimed(trial)
    await trial.post(0, 1, WENT_UNHEARD)
    await trial.search()
    await trial.decide()  # the one that went is accepted, the other is to be sent again
    trial.kill(0)
    await trial.claim(1, 1)
    trial.kill(1)
    await trial.search()
    await holds(trial)
    await ends(trial)


async def test_a_held_message_of_an_erased_member_is_not_taken_for_another_one(trial: Trial) -> None:
    """The address goes with the erasure; that a message may be there does not."""
    await trial.begin()
    trial.campaigns.append(campaign("Picket at six", **USUAL))
    await trial.house.hear(topics.CAMPAIGNS, trial.campaigns[2])
    for number, who in enumerate((2, 2, 3)):  # 2 and 3 share a telephone
        await trial.ask(number, who)
        await trial.claim(0, 1)
    await trial.post(0, 0, WENT_UNHEARD)
    trial.kill(0)
    await trial.wait(Q + D + 1)
    for _ in range(4):
        await trial.look(True)
    await trial.erase(2)
    await trial.house.dispatch.maintenance.sweep()
    await trial.search()
    await holds(trial)
    await ends(trial)


async def test_messages_that_were_bound_crosswise_are_no_duplicates(trial: Trial) -> None:
    """The list is read oldest first, the ledger by deadline; each one's own receipt then says which is its own."""
    await both_claimed(trial)
    for number in (1, 0):
        await trial.post(0, number, WENT_UNHEARD)
    trial.kill(0)
    await trial.search()
    for number in (1, 0, 1, 0):
        await trial.receipt(number, "delivered", 0)
        await holds(trial)
    await ends(trial)
    assert trial.house.count("duplicates_detected_total") == 0


async def test_a_receipt_takes_its_own_message_back_from_one_that_only_the_list_gave_it_to(trial: Trial) -> None:
    await both_claimed(trial)
    for number in (1, 0):
        await trial.post(0, number, WENT_UNHEARD)
    trial.kill(0)
    await trial.look(True)
    await trial.wait(2000)
    await trial.look(True)  # one of the two is bound, to the older message; the other is not looked for yet
    for number in (0, 1, 0):  # a carrier sends several of each
        await trial.receipt(number, "delivered", 0)
        await holds(trial)
    rows = await trial.house.rows("SELECT delivery_id, reference FROM attempts")
    assert {row.delivery_id: row.reference for row in rows} == {
        one.message.delivery_id: one.reference for one in trial.provider.book
    }
    await ends(trial)


async def test_what_was_told_is_told_again_as_it_was_though_more_is_known_by_now(trial: Trial) -> None:
    """Accepted by a person, published, killed before that was noted; then a receipt brings the reference."""
    await both_claimed(trial)
    await trial.post(0, 1, WENT_UNHEARD)
    trial.kill(0)
    await trial.search()
    await trial.decide()
    await trial.publish(killed=True)
    await trial.receipt(0, "delivered", 0)
    await ends(trial)


@dataclass
class Overtaken(TrialProvider):
    """While its list is read, another delivery with the same text goes out."""

    house: House | None = None

    async def find(self, lookup: Lookup) -> Found:
        if self.house is not None:
            house, self.house = self.house, None
            for call in await house.claim():
                self.take(call.message)
        return await super().find(lookup)


async def test_what_was_claimed_while_the_list_was_read_is_not_taken_for_the_one_looked_for(world: World) -> None:
    provider = Overtaken()
    async with house_in(world, provider=provider, **PATIENT) as house:
        someone = member()
        (dead,) = await house.known(campaign("Picket at six"), someone)
        await house.claim()
        for table in ("deliveries", "attempts"):
            await house.rows_changed(f"UPDATE {table} SET deadline = clock_timestamp() - interval '1 second'")
        (other,) = await house.known(campaign("Picket at six"), someone)
        provider.house = house
        await house.dispatch.reconciler.once()
        assert [message.delivery_id for message in provider.journal] == [other]
        assert await house.state(dead) == "in_doubt"


async def test_a_look_that_came_too_late_for_a_message_leaves_its_own_attempt_open(world: World) -> None:
    """Between the decision and its writing a receipt gave the message to its own delivery. Closed, the attempt would
    have lost its address, and would be held although the list works."""
    async with house_in(world) as house:
        someone = member()
        (first,) = await house.known(campaign("Picket at six"), someone)
        (other,) = await house.known(campaign("Picket at six"), someone)
        calls = {call.message.delivery_id: call.message for call in await house.claim()}
        theirs = house.provider.take(calls[other]).reference
        await house.receipt(other, "delivered", 1, reference=theirs)
        decided = [
            (first, Move(Happening.LOST_SIGHT, "reconciler", 1)),
            (first, Move(Happening.TOOK, "list", 1, theirs)),
        ]
        for one in decided:
            async with house.database.transaction() as session:
                await house.dispatch.ledger.apply(session, [one])
        assert (await house.state(other), await house.state(first)) == ("delivered", "in_doubt")
        (attempt,) = await house.rows("SELECT outcome, address FROM attempts WHERE delivery_id = :id", id=first)
        assert (attempt.outcome, attempt.address) == (None, calls[first].to)
