"""A text from its request to its receipt, over a real broker, database and carrier."""

import asyncio
import secrets
from uuid import UUID

from contracts.events.deliveries import DeliveryAccepted, DeliveryFailed
from dispatch_sms.domain.callbacks import CallbackMarks
from sqlalchemy import text

from tests.dispatch_sms.house import OURS, House
from tests.support.answers import http_client


async def test_a_request_heard_three_times_is_sent_once_and_delivered(house: House) -> None:
    member = await house.member("+447700910024")
    delivery_id = await house.ask(member, await house.campaign(), times=3)
    events = await house.told(delivery_id, "delivered")
    (sent,) = house.sent(delivery_id)
    assert (sent["to"], sent["from"], sent["body"], sent["gen"]) == (
        "+447700910024",
        OURS,
        "Picket at six, Nia",
        1,
    )
    accepted = next(event for event in events if isinstance(event, DeliveryAccepted))
    assert (accepted.provider_reference, accepted.parts, accepted.encoding) == (sent["reference"], 1, "GSM-7")
    assert accepted.pseudonym == house.settings.pseudonyms.of(member.member_id)


async def test_parts_are_counted_as_carriers_split_them(house: House) -> None:
    delivery_id = await house.asked(words="Llŷn " * 20)
    (accepted, *_) = await house.told(delivery_id, "accepted")
    assert isinstance(accepted, DeliveryAccepted)
    assert (accepted.parts, accepted.encoding) == (2, "UCS-2")


async def test_a_bad_number_is_rejected_for_good_and_marked(house: House) -> None:
    delivery_id = await house.asked("+447700910211")
    (rejected,) = await house.told(delivery_id, "rejected")
    assert isinstance(rejected, DeliveryFailed)
    assert (rejected.code, rejected.reason, rejected.address_bad) == ("21211", "invalid_number", True)
    assert house.sent(delivery_id) == []
    again = await house.asked("+447700910211")
    (skipped,) = await house.told(again, "skipped")
    assert skipped.model_dump()["reason"] == "bad_contact"


async def test_a_number_that_opted_out_at_the_carrier_is_suppressed_here(house: House) -> None:
    delivery_id = await house.asked("+447700910610")
    await house.told(delivery_id, "rejected")
    (skipped,) = await house.told(await house.asked("+447700910610"), "skipped")
    assert skipped.model_dump()["reason"] == "suppressed"


async def test_an_unknown_handset_is_told_by_the_receipt(house: House) -> None:
    delivery_id = await house.asked("+447700910105")
    failed = (await house.told(delivery_id, "undelivered"))[-1]
    assert isinstance(failed, DeliveryFailed)
    assert (failed.code, failed.reason, failed.address_bad) == ("30005", "unknown_handset", True)


async def test_receipts_in_reverse_and_twice_end_as_delivered(house: House) -> None:
    delivery_id = await house.asked("+447700900998")
    await house.told(delivery_id, "delivered")
    await house.carrier.post("/sandbox/settle", json={"timeout": 10})
    assert (await house.state(delivery_id, "delivered")).reference == house.sent(delivery_id)[0]["reference"]


async def test_after_a_429_it_goes_out_once(house: House) -> None:
    await house.fault("sms.429", "+447700910025", count=2, retry_after=1)
    delivery_id = await house.asked("+447700910025")
    await house.told(delivery_id, "delivered")
    (sent,) = house.sent(delivery_id)
    assert sent["gen"] == 3


async def test_a_message_taken_but_answered_with_500_is_bound_by_its_receipt(house: House) -> None:
    await house.fault("sms.5xx-after", "+447700910026", count=1)
    delivery_id = await house.asked("+447700910026")
    await house.told(delivery_id, "delivered")
    (sent,) = house.sent(delivery_id)
    assert (await house.state(delivery_id, "delivered")).gen == sent["gen"] == 1


async def test_a_message_taken_without_answer_or_receipt_is_found_in_the_list(house: House) -> None:
    await house.fault("sms.reset-after", "+447700910999", count=1)
    delivery_id = await house.asked("+447700910999")
    await house.told(delivery_id, "accepted")
    (sent,) = house.sent(delivery_id)
    assert (await house.state(delivery_id, "accepted")).reference == sent["reference"]


async def test_a_message_never_taken_is_sent_again_after_two_empty_looks(house: House) -> None:
    await house.fault("sms.reset-before", "+447700910028", count=1)
    delivery_id = await house.asked("+447700910028")
    await house.told(delivery_id, "delivered")
    (sent,) = house.sent(delivery_id)
    assert sent["gen"] == 2


async def test_a_forged_receipt_changes_nothing(house: House) -> None:
    await house.fault("receipt.never", "+447700910029")
    delivery_id = await house.asked("+447700910029")
    await house.told(delivery_id, "accepted")
    reference = house.sent(delivery_id)[0]["reference"]
    query = f"d={delivery_id}&g=1&m={CallbackMarks(house.settings.link_secret.get_secret_value()).mark(delivery_id, 1)}"
    form = {"MessageSid": reference, "MessageStatus": "undelivered", "ErrorCode": "30005"}
    for headers in ({}, {"X-Twilio-Signature": "Zm9yZ2Vk"}):
        answer = await house.client.post(f"/webhooks/twilio/status?{query}", data=form, headers=headers)
        assert answer.status_code == 403
        assert answer.headers["content-type"] == "application/problem+json"
    assert (await house.state(delivery_id, "accepted")).reference == reference


async def test_a_genuine_receipt_with_another_deliverys_mark_is_refused(house: House) -> None:
    delivery_id = await house.asked()
    await house.told(delivery_id, "delivered")
    mark = CallbackMarks(house.settings.link_secret.get_secret_value()).mark(delivery_id, 2)
    assert (await house.status(f"d={delivery_id}&g=1&m={mark}", MessageStatus="sent")).status_code == 403


async def test_a_receipt_for_a_delivery_nobody_knows_is_taken_and_passed_over(house: House) -> None:
    unknown = house.settings.ids.event("unknown")
    mark = CallbackMarks(house.settings.link_secret.get_secret_value()).mark(unknown, 1)
    answer = await house.status(f"d={unknown}&g=1&m={mark}", MessageStatus="delivered", MessageSid="SM" + "9" * 32)
    assert answer.status_code == 204
    assert (await house.status("", MessageStatus="delivered", MessageSid="SM" + "9" * 32)).status_code == 204


_MOVES_NOTED = (
    "CREATE TABLE moves_noted (transaction xid8)",
    """CREATE FUNCTION note_move() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN INSERT INTO moves_noted VALUES (pg_current_xact_id()); RETURN NEW; END $$""",
    """CREATE TRIGGER note_moves AFTER UPDATE ON deliveries FOR EACH ROW
    WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION note_move()""",
)
"""Has the database note in which transaction each delivery moves."""


async def test_many_receipts_at_once_share_transactions(house: House) -> None:
    campaign = await house.campaign()
    members = [await house.member(f"+4477009{number:02d}999") for number in range(20, 60)]
    asked = [await house.ask(member, campaign) for member in members]
    for delivery_id in asked:
        await house.state(delivery_id, "accepted")

    async with house.database.transaction() as session:
        for statement in _MOVES_NOTED:
            await session.execute(text(statement))

    async def receipt(delivery_id: UUID) -> int:
        (sent,) = house.sent(delivery_id)
        mark = CallbackMarks(house.settings.link_secret.get_secret_value()).mark(delivery_id, 1)
        form = {"MessageStatus": "delivered", "MessageSid": str(sent["reference"])}
        return (await house.status(f"d={delivery_id}&g=1&m={mark}", **form)).status_code

    assert await asyncio.gather(*map(receipt, asked)) == [204] * 40
    (noted,) = await house.rows(
        "SELECT count(*) AS moves, count(DISTINCT transaction) AS transactions FROM moves_noted"
    )
    assert noted.moves == 40
    assert noted.transactions < 20
    counted = await house.rows(
        "SELECT count(*) AS n FROM deliveries WHERE state = 'delivered' AND delivery_id = ANY(:ids)", ids=asked
    )
    assert counted[0].n == 40


async def test_what_is_no_form_is_refused(house: House) -> None:
    for body in (b"\xff\xfe", b"[]", b""):
        answer = await house.client.post(
            "/webhooks/twilio/inbound", content=body, headers={"X-Twilio-Signature": secrets.token_hex(8)}
        )
        assert answer.status_code == 403


async def test_webhooks_take_no_bearer_and_no_get(house: House) -> None:
    async with http_client("dispatch_sms", house.client.base_url) as stranger:
        assert (await stranger.get("/webhooks/twilio/status")).status_code == 405
        assert (await stranger.post("/webhooks/twilio/inbound")).status_code == 403
