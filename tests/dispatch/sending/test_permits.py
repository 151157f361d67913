"""A provider that asks before it lets a message go: what never asked did not go, and is sent again by itself."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from chassis.db.database import Database
from chassis.observability.metrics import Metrics
from dispatch.ledger.moves import Move, Row, after
from dispatch.ledger.states import Happening, State
from dispatch.observability.alarm import Alarm
from dispatch.observability.metrics import DispatchMetrics
from dispatch.provider import InDoubt, LetGo, Outbound, Outcome
from dispatch.sending.permits import SendPermits, permitted

from tests.dispatch.events import campaign, member
from tests.dispatch.house import House, house_in
from tests.dispatch.restore.restoring import as_before_the_claim, compared, missed
from tests.dispatch.trial import PATIENT, TrialProvider
from tests.support.facts import eventually
from tests.support.world import World

HOLD = {"sms": "hold"}
"""As e-mail has it: nothing in doubt is sent again."""


@pytest.fixture
async def asking(world: World) -> AsyncIterator[House]:
    async with house_in(world, provider=TrialProvider(asks_permit=True), **PATIENT) as house:
        yield house


async def one(house: House) -> UUID:
    (delivery,) = await house.known(campaign(in_doubt_policy=HOLD), member())
    return delivery


async def test_a_claim_whose_process_died_before_it_asked_is_sent_again_without_a_person(asking: House) -> None:
    delivery = await one(asking)
    await asking.orphan()
    async with asking.sending(reconciling=True):
        await asking.settled(delivery, "accepted")
    assert asking.provider.gens(delivery) == [2]
    assert asking.provider.looked == []
    assert asking.count("in_doubt_opened_total") == 0
    attempts = await asking.rows("SELECT gen, outcome, why, address FROM attempts ORDER BY gen")
    assert [tuple(row) for row in attempts] == [(1, "not_sent", "never let go", None), (2, "accepted", "", None)]


async def test_what_was_in_hand_at_very_many_deaths_is_given_to_a_person(asking: House) -> None:
    """It may be what they died of."""
    delivery = await one(asking)
    for _ in range(9):
        assert len(await asking.claim()) == 1
        await asking.rows_changed("UPDATE deliveries SET deadline = clock_timestamp()")
        await asking.dispatch.reconciler._open_overdue()
    assert await asking.state(delivery) == "in_doubt"


async def test_a_bug_before_it_was_let_go_is_no_doubt_and_one_after_it_is(asking: House) -> None:
    async def broken(_: Outbound) -> Outcome:
        raise ValueError("a bug")

    delivery = await one(asking)
    asking.provider.answer, asking.provider.asks_permit = broken, True
    async with asking.sending():
        await asking.settled(delivery, "in_doubt")

    class Early(TrialProvider):
        async def send(self, message: Outbound, permitted: LetGo) -> Outcome:
            raise ValueError("a bug")

    async with house_in(asking.world, provider=Early(asks_permit=True), **PATIENT) as house:
        delivery = await one(house)
        async with house.sending():
            why = "SELECT why FROM attempts WHERE outcome = 'not_sent'"
            (row,) = await eventually(lambda: house.rows(why))
        assert row.why == "bug: ValueError"
        assert await house.state(delivery) == "requested"


async def test_one_that_was_let_go_is_in_doubt_and_held(asking: House) -> None:
    delivery = await one(asking)
    await asking.claim()
    assert await asking.dispatch.provider_calls.permits.of(delivery, 1).ask()
    await asking.rows_changed("UPDATE deliveries SET deadline = clock_timestamp()")
    async with asking.sending(reconciling=True):
        await asking.settled(delivery, "held")
    assert asking.provider.journal == []


async def test_a_sender_that_stood_still_is_not_let_go_once_another_has_the_delivery(asking: House) -> None:
    delivery = await one(asking)
    await asking.orphan()
    async with asking.sending(reconciling=True):
        await asking.settled(delivery, "accepted")
    assert not await asking.dispatch.provider_calls.permits.of(delivery, 1).ask()
    assert not await asking.dispatch.provider_calls.permits.of(delivery, 2).ask()  # it has ended


async def test_nothing_is_let_go_after_its_deadline_even_if_nobody_has_looked_yet(asking: House) -> None:
    delivery = await one(asking)
    await asking.claim()
    await asking.rows_changed("UPDATE deliveries SET deadline = clock_timestamp()")
    assert not await asking.dispatch.provider_calls.permits.of(delivery, 1).ask()


async def test_nothing_is_let_go_that_cannot_be_noted() -> None:
    nowhere = Database("postgresql+asyncpg://postgres@127.0.0.1:9/none")
    assert not await SendPermits(nowhere, Alarm(DispatchMetrics(Metrics(), "sms"))).of(UUID(int=1), 1).ask()
    await nowhere.close()


async def test_those_that_ask_together_are_noted_together(asking: House) -> None:
    deliveries = await asking.known(campaign(), *(member() for _ in range(20)))
    calls = await asking.claim()
    permits = asking.dispatch.provider_calls.permits
    asked = (permits.of(call.message.delivery_id, call.message.gen).ask() for call in calls)
    stranger = permits.of(UUID(int=1), 1).ask()
    assert await asyncio.gather(*asked, stranger) == [True] * 20 + [False]
    assert len(await asking.rows("SELECT 1 FROM deliveries WHERE permitted = gen")) == len(deliveries)


async def test_whoever_asks_while_the_reconciler_decides_wins_or_learns_that_it_lost(asking: House) -> None:
    """The reconciler has read that no permit was asked for; before it has the row, one is."""
    delivery = await one(asking)
    await asking.claim()
    async with asking.database.transaction() as session:
        assert await permitted(session, [(delivery, 1)])
        reconciling = asyncio.create_task(_close_as_never_let_go(asking, delivery))
        await eventually(asking.waiting_for_a_lock)
    await reconciling
    assert await asking.state(delivery) == "sending"


async def _close_as_never_let_go(house: House, delivery: UUID) -> None:
    move = Move(Happening.NOT_SENT, "reconciler", 1, not_before=house.clock.now(), unless_permitted=True)
    await house.dispatch.ledger.write([(delivery, move)])


def test_only_the_attempt_that_was_let_go_counts() -> None:
    move = Move(Happening.NOT_SENT, "reconciler", 2, unless_permitted=True)
    assert after(Row(State.SENDING, 2, 3, permitted=2), move).state is State.SENDING
    assert after(Row(State.SENDING, 2, 3, permitted=1), move).state is State.REQUESTED
    assert after(Row(State.SENDING, 2, 3, permitted=2), Move(Happening.NOT_SENT, "sender", 2)).state is State.REQUESTED


async def test_a_provider_that_never_asks_is_looked_up_as_ever(world: World) -> None:
    async with house_in(world) as house:
        delivery = await one(house)
        await house.claim()
        async with house.sending(reconciling=True):
            await house.settled(delivery, "held")


async def test_what_a_restored_ledger_was_sending_counts_as_let_go(own_world: World) -> None:
    """The note may be younger than the backup."""
    async with house_in(own_world, provider=TrialProvider(asks_permit=True)) as house:
        delivery = await one(house)
        await house.claim()
        await missed(house, 60.0)
        await compared(house)
        async with house.sending(reconciling=True):
            await house.settled(delivery, "held")
        assert house.provider.journal == []


async def test_a_suspect_that_is_claimed_and_orphaned_stays_in_doubt(own_world: World) -> None:
    """It may have gone before the backup was put back; its claim sends nothing, and proves nothing either."""

    async def never(_: Outbound) -> Outcome:
        return InDoubt("not in this test")

    async with house_in(own_world, provider=TrialProvider(asks_permit=True, answer=never)) as house:
        delivery = await one(house)
        await house.claim()
        await as_before_the_claim(house)
        await missed(house, 60.0)
        await compared(house)
        await house.claim()
        async with house.sending(reconciling=True):
            await house.settled(delivery, "held")
        assert house.provider.called == []
