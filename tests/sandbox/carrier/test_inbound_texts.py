"""Texts from members: signed webhooks, retries, TwiML replies."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.sandbox.receivers import Hook
from tests.sandbox.running_sandbox import MEMBER, SDK_WARNINGS, SENDER, RunningSandbox

pytestmark = SDK_WARNINGS


async def test_an_inbound_text_is_signed_and_its_twiml_reply_kept(carrier: RunningSandbox, hook: Hook) -> None:
    hook.reply = "<Response><Message>Diolch &amp; thanks</Message><Message><Body>Two</Body></Message></Response>"
    text = {"from": MEMBER, "to": SENDER, "body": "STOP ŵ"}
    answer = (await carrier.http.post("/sandbox/inbound", json=text)).json()
    assert (answer["status"], answer["attempts"], answer["replies"]) == (200, 1, ["Diolch & thanks", "Two"])
    (request,) = hook.requests
    assert request.signed
    assert request.target == "/webhooks/twilio/inbound"
    assert {name: request.form[name] for name in ("From", "To", "Body")} == {
        "From": MEMBER,
        "To": SENDER,
        "Body": "STOP ŵ",
    }
    conversation = await carrier.twilio.messages.list_async(to=MEMBER)
    assert [(str(each.direction), each.body) for each in conversation] == [
        ("outbound-reply", "Two"),
        ("outbound-reply", "Diolch & thanks"),
    ]
    assert [line["body"] for line in carrier.lines("inbound")] == ["STOP ŵ"]
    assert carrier.lines("outcomes")[0]["status"] == 200


async def test_inbound_texts_are_listed_in_pages_with_those_we_sent_between(
    carrier: RunningSandbox, hook: Hook
) -> None:
    for number in range(3):
        await carrier.http.post("/sandbox/inbound", json={"from": MEMBER, "to": SENDER, "body": f"text {number}"})
        await carrier.text()
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0)
    listed = await carrier.twilio.messages.list_async(date_sent_after=today - timedelta(days=1), page_size=2)
    inbound = [text for text in listed if str(text.direction) == "inbound"]
    assert [(text.body, text.from_, text.to, str(text.status)) for text in inbound] == [
        (f"text {number}", MEMBER, SENDER, "received") for number in (2, 1, 0)
    ]
    assert all(text.date_sent is not None for text in inbound)
    only = await carrier.twilio.messages.list_async(to=SENDER, page_size=2)
    assert [text.sid for text in only] == [text.sid for text in inbound]


@pytest.mark.parametrize(("fragment", "status", "attempts"), [("#rc=5&rp=all", 200, 3), ("", 503, 1)])
async def test_an_inbound_text_is_tried_again_as_its_address_says_and_only_then(
    carrier: RunningSandbox, hook: Hook, fragment: str, status: int, attempts: int
) -> None:
    hook.statuses = [503, 503]
    await carrier.http.put("/sandbox/settings", json={"inbound_url": f"{hook.url}/webhooks/twilio/inbound{fragment}"})
    answer = (await carrier.http.post("/sandbox/inbound", json={"from": MEMBER, "to": SENDER, "body": "yes"})).json()
    assert (answer["status"], answer["attempts"]) == (status, attempts)
    assert len({(request.token, request.form["MessageSid"]) for request in hook.requests}) == 1
    assert all(request.signed and request.target == "/webhooks/twilio/inbound" for request in hook.requests)


async def test_many_inbound_texts_are_all_posted_and_counted(carrier: RunningSandbox, hook: Hook) -> None:
    hook.statuses = [403] * 7
    texts = [{"from": f"+4477009001{number:02}", "to": SENDER, "body": f"YES {number}"} for number in range(60)]
    answer = (await carrier.http.post("/sandbox/inbound/bulk", json={"texts": texts, "concurrency": 8})).json()
    assert {name: answer[name] for name in ("sent", "ok", "failed", "by_status")} == {
        "sent": 60,
        "ok": 53,
        "failed": 7,
        "by_status": {"403": 7, "200": 53},
    }
    assert len(answer["failures"]) == 7
    assert sorted(request.form["Body"] for request in hook.requests) == sorted(text["body"] for text in texts)
    counts = await carrier.settled()
    assert counts["inbound"] == {"sent": 60, "ok": 53, "failed": 7, "replies": 0}


async def test_an_inbound_text_with_a_bad_number_is_refused_by_field(carrier: RunningSandbox) -> None:
    answer = await carrier.http.post("/sandbox/inbound", json={"from": "0123", "to": "", "body": "x"})
    assert answer.status_code == 422
    assert [fault["field"] for fault in answer.json()["errors"]] == ["to"]
