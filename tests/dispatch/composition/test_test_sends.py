"""A test send is known as one where its answers are taken."""

import uuid

import pytest
from chassis.errors import Forbidden
from contracts.enums import LinkPurpose
from contracts.event import decode
from contracts.events.replies import ReplyReceived
from dispatch.inbound.inbound import InboundText

from tests.dispatch.events import NOON, OURS, campaign, member
from tests.dispatch.house import House


async def answered(house: House, test_of: uuid.UUID | None) -> tuple[str, ReplyReceived]:
    """What a member was sent by a campaign that asks a poll, and what was published of their answer."""
    person = member()
    asking = campaign("Answer: {{ poll_link }}", poll_id=uuid.uuid4(), test_of=test_of)
    (delivery,) = await house.known(asking, person)
    (call,) = await house.claim()
    await house.dispatch.outcomes.put(delivery, 1, house.provider.take(call.message))
    number = person.contact_points[0].address
    await house.dispatch.inbound.hear(InboundText(number, OURS, "voted", uuid.uuid4().hex))
    (row,) = await house.rows("SELECT value FROM outbox ORDER BY id DESC LIMIT 1")
    told = decode(bytes(row.value)).event
    assert isinstance(told, ReplyReceived)
    assert told.delivery_id == delivery
    return call.message.text.rpartition("/")[2], told


@pytest.mark.parametrize("test", [True, False])
async def test_an_answer_and_a_link_say_whether_it_was_one(quiet_house: House, test: bool) -> None:
    token, told = await answered(quiet_house, uuid.uuid4() if test else None)
    assert told.test is test
    links = quiet_house.settings.links
    mine, other = LinkPurpose.TEST_ANSWER, LinkPurpose.ANSWER
    assert links.open(mine if test else other, token, NOON) == (told.poll_id, told.member_id)
    with pytest.raises(Forbidden):
        links.open(other if test else mine, token, NOON)
