"""Twilio's own SDK against the sandbox: only the base address differs."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sandbox.settings import Settings
from twilio.base.exceptions import TwilioRestException
from twilio.base.page import Page
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from tests.sandbox.receivers import Hook
from tests.sandbox.running_sandbox import ACCOUNT, DELIVERY, MEMBER, SDK_WARNINGS, SENDER, TOKEN, RunningSandbox

pytestmark = SDK_WARNINGS


async def test_a_text_is_created_fetched_and_listed(carrier: RunningSandbox) -> None:
    created = await carrier.text(body="Llinell biced am chwech – ŵ")
    assert (created.status, created.to, created.from_, created.direction) == ("queued", MEMBER, SENDER, "outbound-api")
    assert created.num_segments == "1"
    assert created.account_sid == ACCOUNT
    fetched = await carrier.twilio.messages(created.sid).fetch_async()
    assert fetched.body == "Llinell biced am chwech – ŵ"
    assert fetched.date_created == created.date_created
    assert [each.sid for each in await carrier.twilio.messages.list_async(to=MEMBER)] == [created.sid]
    assert await carrier.twilio.messages.list_async(to="+447700900124") == []


async def test_the_synchronous_client_works_too(carrier: RunningSandbox) -> None:
    def use() -> tuple[str | None, str | None, list[str | None]]:
        http = TwilioHttpClient(pool_connections=True)
        client = Client(ACCOUNT, TOKEN, http_client=http)
        client.api.base_url = carrier.url
        sid = client.messages.create(to=MEMBER, from_=SENDER, body="Hello").sid
        found = client.messages(str(sid)).fetch()
        listed = [each.sid for each in client.messages.stream(to=MEMBER, page_size=1)]
        assert http.session is not None
        http.session.close()
        return sid, found.body, listed

    sid, body, listed = await asyncio.to_thread(use)
    assert body == "Hello"
    assert listed == [sid]


async def test_pages_hold_every_text_once_newest_first_while_new_ones_come(carrier: RunningSandbox) -> None:
    sids = [(await carrier.text(body=f"Text {number}")).sid for number in range(25)]
    page: Page = await carrier.twilio.messages.page_async(page_size=10)
    seen = [each.sid for each in page]
    await carrier.text(body="Came between the pages")
    while following := await page.next_page_async():
        page = following
        seen += [each.sid for each in page]
    assert seen == sids[::-1]
    streamed = [each.sid async for each in await carrier.twilio.messages.stream_async(to=MEMBER, page_size=7)]
    assert streamed[1:] == sids[::-1]


async def test_the_page_before_is_the_one_that_was_left(carrier: RunningSandbox) -> None:
    for number in range(25):
        await carrier.text(body=f"Text {number}")
    path = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    first = (await carrier.http.get(path, params={"PageSize": 10, "From": SENDER})).json()
    second = (await carrier.http.get(first["next_page_uri"])).json()
    third = (await carrier.http.get(second["next_page_uri"])).json()
    await carrier.text(body="Came between the pages")
    assert (first["previous_page_uri"], third["next_page_uri"], len(third["messages"])) == (None, None, 5)
    back = (await carrier.http.get(third["previous_page_uri"])).json()
    assert (back["messages"], back["page"], back["start"]) == (second["messages"], 1, 10)
    newest = (await carrier.http.get(back["previous_page_uri"])).json()
    assert (newest["messages"], newest["page"], newest["previous_page_uri"]) == (first["messages"], 0, None)
    assert (await carrier.http.get(newest["next_page_uri"])).json()["messages"] == second["messages"]
    page: Page = await carrier.twilio.messages.page_async(page_size=10)
    following = await page.next_page_async()
    assert following
    before = await following.previous_page_async()
    assert before
    assert [each.sid for each in before] == [each.sid for each in page]


@pytest.mark.parametrize(
    "query", [{"PageToken": "XX12"}, {"PageToken": "PAzz"}, {"PageSize": "0"}, {"DateSent": "soon"}]
)
async def test_a_malformed_page_request_is_refused(carrier: RunningSandbox, query: dict[str, str]) -> None:
    answer = await carrier.http.get(f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json", params=query)
    assert (answer.status_code, answer.json()["code"]) == (400, 20001)


async def test_lists_filter_by_sender_and_by_day_of_sending(carrier: RunningSandbox) -> None:
    text = await carrier.text()
    await carrier.settled()
    listed = carrier.twilio.messages.list_async
    today = (await carrier.twilio.messages(text.sid).fetch_async()).date_sent
    assert today is not None
    yesterday = today - timedelta(days=1)
    assert [each.sid for each in await listed(from_=SENDER, date_sent=today)] == [text.sid]
    assert [each.sid for each in await listed(date_sent_after=yesterday)] == [text.sid]
    assert await listed(date_sent_before=yesterday) == []
    assert await listed(date_sent=yesterday) == []
    assert await listed(from_="+447700900001") == []


async def test_what_is_still_queued_has_no_sent_date_and_no_day_finds_it(settings: Settings) -> None:
    slow = settings.model_copy(update={"sent_delay": 30.0, "delivered_delay": 60.0})
    async with RunningSandbox.of(slow) as carrier:
        text = await carrier.text()
        assert (await carrier.twilio.messages(text.sid).fetch_async()).date_sent is None
        assert await carrier.twilio.messages.list_async(date_sent=datetime.now(UTC)) == []
        assert len(await carrier.twilio.messages.list_async(to=MEMBER)) == 1


@pytest.mark.parametrize(
    ("to", "code"),
    [
        ("+447400123211", 21211),
        ("+447400123614", 21614),
        ("+447400123610", 21610),
        ("+447400123408", 21408),
        ("+447400123612", 21612),
        ("+447700900910", 21610),
        ("07400123456", 21211),
        ("+44", 21211),
        ("+442079460000", 21614),
        ("+441632960001", 21614),
    ],
)
async def test_a_number_refused_by_its_outcome_raises_twilios_code_and_leaves_no_text(
    carrier: RunningSandbox, to: str, code: int
) -> None:
    with pytest.raises(TwilioRestException) as refused:
        await carrier.text(to)
    assert (refused.value.status, refused.value.code) == (400, code)
    assert await carrier.twilio.messages.list_async() == []
    assert carrier.lines("sms") == []
    assert [line["code"] for line in carrier.lines("refused")] == [code]


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"to": "", "from_": SENDER, "body": "x"}, 21604),
        ({"to": MEMBER, "body": "x"}, 21603),
        ({"to": MEMBER, "from_": SENDER, "body": ""}, 21602),
        ({"to": MEMBER, "from_": SENDER, "body": "x" * 1601}, 21617),
        ({"to": MEMBER, "from_": "a sender far too long", "body": "x"}, 21212),
        ({"to": MEMBER, "from_": SENDER, "body": "x", "status_callback": "ftp://example.org"}, 21609),
        ({"to": MEMBER, "from_": SENDER, "body": "x", "validity_period": 36001}, 21620),
    ],
)
async def test_a_malformed_request_is_refused_with_twilios_code(
    carrier: RunningSandbox, parameters: dict[str, Any], code: int
) -> None:
    with pytest.raises(TwilioRestException) as refused:
        await carrier.twilio.messages.create_async(**parameters)
    assert refused.value.code == code


async def test_parts_are_counted_in_both_alphabets(carrier: RunningSandbox) -> None:
    assert (await carrier.text(body="a" * 160)).num_segments == "1"
    assert (await carrier.text(body="a" * 161)).num_segments == "2"
    assert (await carrier.text(body="ŵ" * 70)).num_segments == "1"
    assert (await carrier.text(body="ŵ" * 71)).num_segments == "2"


async def test_above_the_rate_a_429_says_when_to_come_back_and_nothing_is_taken(carrier: RunningSandbox) -> None:
    await carrier.http.put("/sandbox/settings", json={"parts_per_second": 0.1})
    await carrier.text(body="a" * 161)
    answer = await carrier.http.post(
        f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json", data={"To": MEMBER, "From": SENDER, "Body": "b"}
    )
    assert (answer.status_code, answer.json()["code"]) == (429, 20429)
    assert int(answer.headers["Retry-After"]) >= 1
    assert len(carrier.lines("sms")) == 1
    await carrier.http.put("/sandbox/settings", json={"parts_per_second": 0})
    await carrier.text(body="b")
    assert len(carrier.lines("sms")) == 2


async def test_a_wrong_token_is_refused_as_twilio_does(carrier: RunningSandbox) -> None:
    client = Client(ACCOUNT, "f" * 32, http_client=carrier.twilio.http_client)
    client.api.base_url = carrier.url
    with pytest.raises(TwilioRestException) as refused:
        await client.messages.create_async(to=MEMBER, from_=SENDER, body="x")
    assert (refused.value.status, refused.value.code) == (401, 20003)


async def test_a_text_can_be_redacted_and_deleted_but_stays_in_the_journal(carrier: RunningSandbox) -> None:
    text = await carrier.text(body="Personal")
    assert (await carrier.twilio.messages(text.sid).update_async(body="")).body == ""
    assert (await carrier.twilio.messages(text.sid).fetch_async()).body == ""
    assert await carrier.twilio.messages(text.sid).delete_async()
    assert await carrier.twilio.messages.list_async() == []
    with pytest.raises(TwilioRestException) as gone:
        await carrier.twilio.messages(text.sid).fetch_async()
    assert gone.value.status == 404
    assert [line["body"] for line in carrier.lines("sms")] == ["Personal"]


async def test_the_journal_takes_delivery_and_attempt_from_the_callback_address(
    carrier: RunningSandbox, hook: Hook
) -> None:
    callback = f"{hook.url}/webhooks/twilio/status?d={DELIVERY}&g=3&m=abc#rc=5&rp=all"
    text = await carrier.text(status_callback=callback)
    (line,) = carrier.lines("sms")
    assert (line["delivery_id"], line["gen"], line["reference"]) == (DELIVERY, 3, text.sid)
    assert (line["to"], line["from"], line["body"]) == (MEMBER, SENDER, "Picket at six")
    assert abs(datetime.fromisoformat(line["at"]) - datetime.now(UTC)) < timedelta(seconds=10)
    await carrier.text(status_callback=callback)
    counts = (await carrier.settled())["sms"]
    assert (counts["accepted"], counts["distinct_deliveries"], counts["duplicates"]) == (2, 1, 1)


async def test_a_messaging_service_assigns_the_sender_and_the_segments_when_it_sends(
    settings: Settings, hook: Hook
) -> None:
    service = "MG" + "a" * 32
    async with RunningSandbox.of(settings.model_copy(update={"sent_delay": 1.0, "delivered_delay": 1.0})) as carrier:
        text = await carrier.twilio.messages.create_async(
            to=MEMBER, messaging_service_sid=service, body="x", status_callback=f"{hook.url}/status"
        )
        assert text.sid is not None
        assert str(text.status) == "accepted"
        assert text.messaging_service_sid == service
        assert (text.from_, text.num_segments, text.date_sent) == (None, "0", None)
        assert (await carrier.twilio.messages(text.sid).fetch_async()).from_ is None
        assert await carrier.twilio.messages.list_async(from_=SENDER) == []
        await carrier.settled()
        sent = await carrier.twilio.messages(text.sid).fetch_async()
        assert (sent.from_, sent.num_segments, sent.messaging_service_sid) == (SENDER, "1", service)
        assert [each.sid for each in await carrier.twilio.messages.list_async(from_=SENDER)] == [text.sid]
        assert {request.form["From"] for request in hook.requests} == {SENDER}
