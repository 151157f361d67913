"""What happens after the carrier took a text: statuses, signed callbacks, retries, inbound texts."""

import asyncio

import pytest
from sandbox.settings import Settings

from tests.sandbox.receivers import Hook, until
from tests.sandbox.running_sandbox import DELIVERY, MEMBER, SDK_WARNINGS, SENDER, RunningSandbox

pytestmark = SDK_WARNINGS


def callback(hook: Hook, fragment: str = "#rc=5&rp=all") -> str:
    """A callback address as dispatch-sms makes it."""
    return f"{hook.url}/webhooks/twilio/status?d={DELIVERY}&g=1&m=a%2Bb{fragment}"


async def test_sent_and_delivered_are_told_in_order_signed_over_the_exact_address(
    orderly: RunningSandbox, hook: Hook
) -> None:
    text = await orderly.text(status_callback=callback(hook))
    counts = await orderly.settled()
    assert hook.statuses_of(text.sid) == ["sent", "delivered"]
    assert all(request.signed for request in hook.requests)
    assert {request.target for request in hook.requests} == {f"/webhooks/twilio/status?d={DELIVERY}&g=1&m=a%2Bb"}
    assert hook.requests[0].form["To"] == MEMBER
    assert hook.requests[0].form["From"] == SENDER
    assert str((await orderly.twilio.messages(text.sid).fetch_async()).status) == "delivered"
    assert counts["callbacks"] == {"sent": 2, "answered": 2, "gave_up": 0, "pending": 0}
    assert [line["status"] for line in orderly.lines("receipts")] == ["sent", "delivered"]
    assert orderly.lines("receipts")[1]["delivery_id"] == DELIVERY


@pytest.mark.parametrize(
    ("to", "code"),
    [("+447400123403", 30003), ("+447400123405", 30005), ("+447400123406", 30006), ("+447700900907", 30007)],
)
async def test_a_number_with_that_outcome_is_undelivered_with_its_code(
    orderly: RunningSandbox, hook: Hook, to: str, code: int
) -> None:
    text = await orderly.text(to, status_callback=callback(hook))
    await orderly.settled()
    assert hook.statuses_of(text.sid) == ["sent", "undelivered"]
    assert hook.requests[-1].form["ErrorCode"] == str(code)
    fetched = await orderly.twilio.messages(text.sid).fetch_async()
    assert (str(fetched.status), fetched.error_code) == ("undelivered", code)


async def test_a_silent_number_gets_no_callback_and_stays_sent(carrier: RunningSandbox, hook: Hook) -> None:
    text = await carrier.text("+447400123999", status_callback=callback(hook))
    await carrier.settled()
    assert hook.requests == []
    assert str((await carrier.twilio.messages(text.sid).fetch_async()).status) == "sent"


async def test_a_disorderly_number_tells_everything_twice_and_backwards(carrier: RunningSandbox, hook: Hook) -> None:
    text = await carrier.text("+447700900998", status_callback=callback(hook))
    await carrier.settled()
    assert sorted(hook.statuses_of(text.sid)) == ["delivered", "delivered", "sent", "sent"]


async def test_with_outcomes_by_number_off_every_mobile_is_delivered(carrier: RunningSandbox) -> None:
    await carrier.http.put("/sandbox/settings", json={"outcomes_by_number": False})
    text = await carrier.text("+447400123211")
    await carrier.settled()
    assert str((await carrier.twilio.messages(text.sid).fetch_async()).status) == "delivered"


async def test_a_callback_is_tried_again_as_its_address_says_with_the_same_token(
    carrier: RunningSandbox, hook: Hook
) -> None:
    hook.statuses = [503, 500, 200]
    await carrier.http.put("/sandbox/settings", json={"delivered_delay": 60})
    text = await carrier.text(status_callback=callback(hook))
    await until(lambda: bool(carrier.lines("callbacks")), within=20)
    assert hook.statuses_of(text.sid) == ["sent", "sent", "sent"]
    assert len({request.token for request in hook.requests}) == 1
    assert [line["attempts"] for line in carrier.lines("callbacks")] == [3]


@pytest.mark.parametrize(("fragment", "attempts"), [("", 1), ("#rc=2&rp=4xx", 1), ("#rc=2&rp=5xx", 3), ("#rp=all", 2)])
async def test_what_the_address_does_not_ask_for_is_not_tried_again(
    carrier: RunningSandbox, hook: Hook, fragment: str, attempts: int
) -> None:
    hook.statuses = [500] * 20
    await carrier.text("+447700900123", status_callback=callback(hook, fragment))
    counts = await carrier.settled()
    assert counts["callbacks"]["gave_up"] == 2
    assert len(hook.requests) == 2 * attempts


async def test_a_webhook_that_is_down_for_a_while_gets_its_callbacks_when_it_is_back(settings: Settings) -> None:
    first = Hook(settings.twilio_auth_token.get_secret_value())
    async with first.serving():
        url, port = first.url, int(first.url.rpartition(":")[2])
    patient = settings.model_copy(update={"callback_retry_seconds": 0.2})
    async with RunningSandbox.of(patient) as carrier:
        text = await carrier.text(status_callback=f"{url}/status?d={DELIVERY}#rc=5&rp=all")
        await until(lambda: len(carrier.lines("receipts")) == 2)
        second = Hook(first.auth_token)
        async with second.serving(port):
            await carrier.settled()
        assert sorted(second.statuses_of(text.sid)) == ["delivered", "sent"]


async def test_a_text_whose_validity_ends_first_is_undelivered(settings: Settings) -> None:
    async with RunningSandbox.of(settings.model_copy(update={"delivered_delay": 1.2})) as carrier:
        text = await carrier.text(validity_period=1)
        await carrier.settled()
        assert (await carrier.twilio.messages(text.sid).fetch_async()).error_code == 30036


async def test_a_hundred_texts_at_once_are_all_journaled_before_they_are_answered(carrier: RunningSandbox) -> None:
    texts = await asyncio.gather(*(carrier.text(body=f"Text {number}") for number in range(100)))
    assert {line["reference"] for line in carrier.lines("sms")} == {text.sid for text in texts}
    assert len({text.sid for text in texts}) == 100
