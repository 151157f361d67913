"""An address that a provider called bad is not written to until there is a reason to believe it again."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from chassis.errors import NotFound
from contracts import topics
from contracts.events.members import ContactPoint, MemberChanged
from dispatch.inbound.inbound import InboundText
from dispatch.inbound.operator_suppressions import OperatorSuppressions
from dispatch.provider import Rejected
from structlog.testing import capture_logs

from tests.dispatch.events import NOON, campaign, member
from tests.dispatch.house import House

NUMBER = "+447700916000"


async def called_bad(house: House, person: MemberChanged) -> None:
    await house.known(campaign(), person)
    (call,) = await house.claim()
    await house.dispatch.outcomes.put(call.message.delivery_id, 1, Rejected("21614", "not_a_mobile", address_bad=True))
    assert await is_bad(house)


async def is_bad(house: House) -> bool:
    return bool(await house.rows("SELECT 1 FROM bad_addresses"))


async def in_flight(house: House, person: MemberChanged) -> UUID:
    """A message that the provider took before it called the address bad."""
    (delivery,) = await house.known(campaign(), person)
    (call,) = await house.claim()
    await house.dispatch.outcomes.put(delivery, 1, house.provider.take(call.message))
    return delivery


@pytest.mark.parametrize(("status", "bad"), [("delivered", False), ("accepted", True), ("undelivered", True)])
async def test_what_arrives_there_proves_it_good(quiet_house: House, status: str, bad: bool) -> None:
    house, person = quiet_house, member(number=NUMBER)
    delivery = await in_flight(house, person)
    await called_bad(house, person)
    await house.receipt(delivery, status, 1)
    assert await is_bad(house) is bad


async def test_a_member_who_changes_to_it_is_believed(quiet_house: House) -> None:
    house, person = quiet_house, member(number=NUMBER)
    await called_bad(house, person)
    other = member()
    await house.hear(topics.MEMBERS, other)
    assert await is_bad(house)
    point = ContactPoint(channel="sms", address=NUMBER)
    (delivery,) = await house.known(campaign(), other.model_copy(update={"version": 2, "contact_points": (point,)}))
    async with house.sending():
        await house.settled(delivery, "accepted")


async def test_another_record_with_it_is_no_reason(quiet_house: House) -> None:
    house, person = quiet_house, member(number=NUMBER)
    await called_bad(house, person)
    await house.hear(topics.MEMBERS, member(number=NUMBER))
    assert await is_bad(house)


async def test_another_change_of_a_member_who_has_it_is_no_reason(quiet_house: House) -> None:
    house, person = quiet_house, member(number=NUMBER)
    await called_bad(house, person)
    await house.hear(topics.MEMBERS, person.model_copy(update={"version": 2, "given_name": "Nia Mair"}))
    assert await is_bad(house)


async def test_an_older_snapshot_with_the_address_is_no_reason(quiet_house: House) -> None:
    house, person, moved = quiet_house, member(number=NUMBER), member(version=5)
    await called_bad(house, person)
    await house.hear(topics.MEMBERS, moved)
    point = ContactPoint(channel="sms", address=NUMBER)
    await house.hear(topics.MEMBERS, moved.model_copy(update={"version": 4, "contact_points": (point,)}))
    assert await is_bad(house)


async def test_consent_given_later_is_a_reason_and_a_withdrawal_is_none(quiet_house: House) -> None:
    house, person = quiet_house, member(number=NUMBER)
    await called_bad(house, person)
    (consent,) = person.consents
    for version, granted, still_bad in ((2, False, True), (3, True, False)):
        later = consent.model_copy(update={"granted": granted, "at": NOON + timedelta(hours=version)})
        await house.hear(topics.MEMBERS, person.model_copy(update={"version": version, "consents": (later,)}))
        assert await is_bad(house) is still_bad


async def test_an_operators_word_lifts_it_and_the_log_says_whose_without_the_address(quiet_house: House) -> None:
    house, person = quiet_house, member(number=NUMBER)
    operator_actions = OperatorSuppressions(house.database, house.dispatch.inbound, lambda address: address)
    await called_bad(house, person)
    with capture_logs() as logged:
        await operator_actions.trust(NUMBER, "a client")
        with pytest.raises(NotFound):
            await operator_actions.trust(NUMBER, "a client")
    assert not await is_bad(house)
    assert [(line["event"], line["client"]) for line in logged] == [("bad address lifted", "a client")]
    assert NUMBER not in str(logged)


async def test_a_receipt_that_is_repeated_does_not_undo_the_start_after_it(quiet_house: House) -> None:
    house, person = quiet_house, member(number=NUMBER)
    delivery = await in_flight(house, person)
    opted_out: dict[str, Any] = {"code": "21610", "opted_out": True}
    await house.receipt(delivery, "undelivered", 1, **opted_out)
    standing = "SELECT 1 FROM suppressions WHERE lifted_at IS NULL"
    assert await house.rows(standing)
    await house.dispatch.inbound.hear(InboundText(NUMBER, "", "START", "SM-start"))
    assert not await house.rows(standing)
    await house.receipt(delivery, "undelivered", 1, **opted_out)
    assert not await house.rows(standing)
