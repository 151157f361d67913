"""Rows 6 to 12 of DELIVERY.md's crash matrix on real processes: deaths around the call to the provider."""

import asyncio
from typing import Any

import httpx
import pytest
from contracts.events.deliveries import DeliveryAccepted, DeliveryDelivered

from tests.chaos.house import House
from tests.support.facts import eventually

SMS, EMAIL = "dispatch-sms", "dispatch-email"
NO_RECEIPTS = {"kind": "receipt.never"}
SLOW_ANSWER = {"kind": "sms.slow", "delay": 5.0, "count": 1}


async def test_6_a_claim_that_was_never_called_is_sent_again_after_the_list_says_none_twice(house: House) -> None:
    body = await house.branch(1)
    await house.arm(SMS, "sender.claimed=1")
    campaign = await house.campaign(body)
    await house.died(SMS, "sender.claimed")
    assert await house.states(campaign) == {"sending": 1}
    assert await house.texts(campaign) == []
    await house.stack.restart(SMS)
    (row,) = await house.settled(campaign, 1)
    assert row["gen"] == 2


async def test_6_a_mail_that_was_claimed_and_never_let_go_is_sent_again_by_itself(house: House) -> None:
    body = await house.branch(1)
    await house.arm(EMAIL, "sender.claimed=1")
    campaign = await house.campaign(body, "email")
    await house.died(EMAIL, "sender.claimed")
    await house.stack.restart(EMAIL)
    await eventually(lambda: house.mails(campaign), within=60)
    (mail,) = await house.mails(campaign)
    assert mail["gen"] == 2
    (row,) = await eventually(
        lambda: house.ledger(campaign, EMAIL), within=60, until=lambda seen: seen[0]["state"] == "accepted"
    )
    assert row["gen"] == 2


async def test_6_a_mail_that_was_let_go_and_whose_dot_was_not_written_is_held_until_a_person_sends_it_again(
    house: House,
) -> None:
    """The ledger cannot know; the mail server never saw it."""
    body = await house.branch(1)
    await house.arm(EMAIL, "mail.let-go=1")
    campaign = await house.campaign(body, "email")
    await house.died(EMAIL, "mail.let-go")
    await house.stack.restart(EMAIL)
    (row,) = await eventually(
        lambda: house.ledger(campaign, EMAIL), within=60, until=lambda seen: seen[0]["state"] == "held"
    )
    assert await house.mails(campaign) == []
    await house.staff.post(EMAIL, f"/held/{row['delivery_id']}/release", {"decision": "resend"})
    await eventually(lambda: house.mails(campaign), within=60)


@pytest.mark.parametrize("faults", [[], [NO_RECEIPTS]], ids=["by receipt", "by list"])
async def test_7_a_request_that_was_written_and_whose_answer_was_not_read_is_found_and_not_sent_again(
    house: House, faults: list[dict[str, Any]]
) -> None:
    body = await house.branch(1)
    if faults:
        await house.sandbox.faults(*faults)
    await house.arm(SMS, "sender.calling=1")
    campaign = await house.campaign(body)
    await house.died(SMS, "sender.calling")
    (text,) = await house.taken(campaign)
    assert await house.states(campaign) == {"sending": 1}
    await house.stack.restart(SMS)
    (row,) = await house.settled(campaign, 1)
    assert (row["gen"], row["reference"]) == (1, text["reference"])


async def test_7_a_mail_whose_dot_was_written_and_whose_answer_was_not_read_is_held_and_not_sent_again(
    house: House,
) -> None:
    body = await house.branch(1)
    await house.arm(EMAIL, "mail.dot-written=1")
    campaign = await house.campaign(body, "email")
    await house.died(EMAIL, "mail.dot-written")
    await eventually(lambda: house.mails(campaign), within=60)
    await house.stack.restart(EMAIL)

    async def states() -> list[tuple[str, int]]:
        return [(row["state"], row["gen"]) for row in await house.ledger(campaign, EMAIL)]

    await eventually(states, within=60, until=lambda seen: seen == [("held", 1)])
    (mail,) = await house.mails(campaign)
    assert mail["gen"] == 1
    await house.staff.post(EMAIL, f"/held/{mail['delivery_id']}/release", {"decision": "accepted"})
    await eventually(
        lambda: house.ledger(campaign, EMAIL), within=60, until=lambda seen: seen[0]["state"] == "accepted"
    )


async def test_8_an_answer_that_was_read_and_not_written_down_is_found_again(house: House) -> None:
    body = await house.branch(1)
    await house.sandbox.faults(NO_RECEIPTS)
    await house.arm(SMS, "sender.answered=1")
    campaign = await house.campaign(body)
    await house.died(SMS, "sender.answered")
    assert await house.states(campaign) == {"sending": 1}
    (text,) = await house.texts(campaign)
    await house.stack.restart(SMS)
    (row,) = await house.settled(campaign, 1)
    assert (row["gen"], row["reference"]) == (1, text["reference"])


async def test_9_an_outcome_that_nobody_was_told_of_is_published_and_nothing_is_sent(house: House) -> None:
    body = await house.branch(1)
    await house.sandbox.faults(NO_RECEIPTS)
    await house.arm(SMS, "sender.recorded=1")
    campaign = await house.campaign(body)
    await house.died(SMS, "sender.recorded")
    (row,) = await house.ledger(campaign)
    assert row["state"] == "accepted"
    assert row["published_rev"] < row["rev"]
    assert await house.told(campaign) == []
    assert len(await house.texts(campaign)) == 1
    await house.stack.restart(SMS)
    await house.settled(campaign, 1)
    assert [type(one.event) for one in await house.told(campaign)] == [DeliveryAccepted, DeliveryDelivered]


async def test_9_what_was_published_and_not_marked_is_the_same_event_when_it_is_published_again(house: House) -> None:
    body = await house.branch(1)
    await house.sandbox.faults(NO_RECEIPTS)
    await house.arm(SMS, "publisher.published=1")
    campaign = await house.campaign(body)
    await house.died(SMS, "publisher.published")
    (row,) = await house.ledger(campaign)
    assert row["published_rev"] < row["rev"]
    before = {one.id for one in await house.told(campaign)}
    assert before
    await house.stack.restart(SMS)
    await house.settled(campaign, 1)
    told = await house.told(campaign)
    assert len(told) > len({one.id for one in told})
    assert before <= {one.id for one in told}


async def test_10_a_database_that_was_lost_between_call_and_outcome_gets_the_outcome_when_it_is_back(
    house: House,
) -> None:
    body = await house.branch(1)
    await house.sandbox.faults(SLOW_ANSWER, NO_RECEIPTS)
    process = house.stack.children[SMS].pid
    campaign = await house.campaign(body)
    (text,) = await house.taken(campaign)
    await house.stack.postgres.kill()
    async with httpx.AsyncClient() as client:
        ready = f"{house.stack.url(SMS)}/readyz"
        await eventually(lambda: client.get(ready), within=60, until=lambda answer: answer.status_code == 503)
    await house.stack.postgres.start()
    (row,) = await house.settled(campaign, 1)
    assert (row["gen"], row["reference"]) == (1, text["reference"])
    assert house.stack.children[SMS].pid == process


@pytest.mark.parametrize("failpoint", ["webhook.before-commit", "webhook.after-commit"])
async def test_11_a_receipt_whose_webhook_died_comes_again_or_is_asked_for(house: House, failpoint: str) -> None:
    body = await house.branch(1)
    assert await house.sandbox.settle()  # a receipt of an earlier text would come first
    await house.arm(SMS, f"{failpoint}=1")
    campaign = await house.campaign(body)
    await house.died(SMS, failpoint)
    assert len(await house.texts(campaign)) == 1
    await house.stack.restart(SMS)
    (row,) = await house.settled(campaign, 1)
    assert row["gen"] == 1


@pytest.mark.parametrize("failpoint", ["reply.before-commit", "reply.after-commit"])
async def test_11_an_answer_whose_webhook_died_is_heard_once(house: House, failpoint: str) -> None:
    campaign = await house.campaign(await house.branch(1))
    await house.settled(campaign, 1)
    (text,) = await house.texts(campaign)
    words = [(text["to"], text["from"])], "Who is this?"
    assert await house.sandbox.settle()
    await house.arm(SMS, f"{failpoint}=1")
    texting = asyncio.create_task(house.sandbox.text(*words))
    await house.died(SMS, failpoint)
    await house.stack.restart(SMS)
    if not await texting:  # a slow start outlived the carrier's five tries: the member asks again
        assert await house.sandbox.text(*words) == 1
    heard = await eventually(
        lambda: house.replies(text["to"]), within=60, until=lambda seen: seen.keys() >= house.answered(text["to"])
    )
    assert set(heard.values()) == {1}


async def test_12_a_receipt_before_the_answer_moves_the_row_and_binds_the_reference(house: House) -> None:
    body = await house.branch(1)
    await house.sandbox.faults({"kind": "receipt.before-answer"})
    await house.arm(SMS, "sender.answered=1")
    campaign = await house.campaign(body)
    await house.died(SMS, "sender.answered")
    (row,) = await house.ledger(campaign)
    (text,) = await house.texts(campaign)
    assert row["state"] in {"accepted", "delivered"}
    assert row["reference"] == text["reference"]
    await house.stack.restart(SMS)
    (row,) = await house.settled(campaign, 1)
    assert row["gen"] == 1
