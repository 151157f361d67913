"""Every transition is published, whichever part made it; a repeat is the same event."""

from typing import Any

import pytest
from chassis.errors import Unavailable
from chassis.kafka.producer import Record
from contracts.event import Received, decode
from contracts.events.deliveries import DeliveryAccepted, DeliveryDelivered, DeliverySkipped
from dispatch.app import Dispatch

from tests.dispatch.events import campaign, member
from tests.dispatch.house import House


class Wire:
    """Stands where the broker would: keeps what was published, or is down."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.down = False

    async def publish_many(self, records: list[Record]) -> None:
        if self.down:
            raise Unavailable("down")
        self.records += records

    @property
    def events(self) -> list[Received]:
        return [decode(record.value or b"") for record in self.records]


@pytest.fixture
def wire(quiet_house: House) -> Wire:
    wire = Wire()
    parts: dict[str, Any] = {"clock": quiet_house.clock, "metrics": quiet_house.metrics, "kafka": wire}
    house = quiet_house
    house.dispatch = Dispatch(house.settings, house.provider, database=house.database, **parts)
    return wire


async def sent(house: House, **fields: Any) -> tuple[Any, str]:
    person = member()
    (delivery,) = await house.known(campaign(**fields), person)
    (call,) = await house.claim()
    taken = house.provider.take(call.message)
    await house.dispatch.outcomes.put(delivery, 1, taken)
    return delivery, taken.reference


async def test_9_what_was_committed_before_the_crash_is_told_after_it(quiet_house: House, wire: Wire) -> None:
    house = quiet_house
    delivery, reference = await sent(house)
    wire.down = True
    with pytest.raises(Unavailable):
        await house.dispatch.publisher.publish()
    wire.down = False
    assert await house.dispatch.publisher.publish() == 1
    assert await house.dispatch.publisher.publish() == 0
    (received,) = wire.events
    event = received.event
    assert isinstance(event, DeliveryAccepted)
    assert (event.delivery_id, event.provider_reference, event.attempts, event.rev) == (delivery, reference, 1, 2)
    assert len(house.provider.journal) == 1


async def test_a_crash_between_the_publication_and_the_mark_tells_the_same_event_again(
    quiet_house: House, wire: Wire
) -> None:
    house = quiet_house
    await sent(house)
    await house.dispatch.publisher.publish()
    await house.rows_changed("UPDATE deliveries SET published_rev = 0")
    await house.dispatch.publisher.publish()
    first, again = wire.records
    assert first == again


async def test_two_steps_at_once_are_told_in_order_with_their_own_times(quiet_house: House, wire: Wire) -> None:
    house = quiet_house
    delivery, reference = await sent(house)
    await house.receipt(delivery, "delivered", 1, reference)
    await house.dispatch.publisher.publish()
    first, second = [item.event for item in wire.events]
    assert isinstance(first, DeliveryAccepted)
    assert isinstance(second, DeliveryDelivered)
    assert first.rev < second.rev
    assert first.at < second.at


async def test_a_transition_while_publishing_stays_to_be_told(quiet_house: House, wire: Wire) -> None:
    house = quiet_house
    delivery, reference = await sent(house)
    publish = wire.publish_many

    async def meanwhile(records: list[Record]) -> None:
        await publish(records)
        wire.publish_many = publish  # type: ignore[method-assign]
        await house.receipt(delivery, "delivered", 1, reference)

    wire.publish_many = meanwhile  # type: ignore[method-assign]
    assert await house.dispatch.publisher.publish() == 1
    assert await house.dispatch.publisher.publish() == 1
    assert [type(item.event) for item in wire.events] == [DeliveryAccepted, DeliveryDelivered]


async def test_no_event_holds_an_id_a_name_or_a_number_of_the_member(quiet_house: House, wire: Wire) -> None:
    house = quiet_house
    number = "+447700914000"
    person, gone = member(number=number), member(number=number, family_name="Canary", granted=False)
    await house.known(campaign(), person, gone)
    await house.claim()
    await house.dispatch.publisher.publish()
    (record,) = wire.records
    (received,) = wire.events
    assert isinstance(received.event, DeliverySkipped)
    body = (record.value or b"").decode()
    assert record.key == received.subject
    for word in (str(person.member_id), str(gone.member_id), number, "Canary"):
        assert word not in body
        assert word not in record.key


async def test_a_test_send_says_so(quiet_house: House, wire: Wire) -> None:
    original = campaign()
    await sent(quiet_house, test_of=original.campaign_id)
    await quiet_house.dispatch.publisher.publish()
    (received,) = wire.events
    assert isinstance(received.event, DeliveryAccepted)
    assert received.event.test
