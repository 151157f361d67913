"""Faults on demand: what a client sees, and what the journal says of it."""

import asyncio
import time
from typing import Any

import httpx
import pytest
from sandbox.control.pending_work import PendingWork
from sandbox.faults.active import Faults
from sandbox.faults.rules import Rule
from twilio.base.exceptions import TwilioRestException

from tests.sandbox.carrier.test_status_callbacks import callback
from tests.sandbox.receivers import Hook, until
from tests.sandbox.running_sandbox import ACCOUNT, MEMBER, SDK_WARNINGS, SENDER, RunningSandbox

pytestmark = SDK_WARNINGS


async def post(carrier: RunningSandbox, **more: Any) -> httpx.Response:
    """One text by plain HTTP, for answers that the SDK would not show."""
    form = {"To": MEMBER, "From": SENDER, "Body": "Picket at six"}
    return await carrier.http.post(f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json", data=form, **more)


async def test_rules_hit_by_recipient_count_and_after() -> None:
    faults = Faults()
    faults.add(Rule(kind="sms.429", to="+4477009*", count=2, after=1))
    hit = [faults.trigger("sms.429", to) is not None for to in [MEMBER, "+447400123456", MEMBER, MEMBER, MEMBER]]
    assert hit == [False, False, True, True, False]
    assert faults.trigger("sms.5xx-before", MEMBER) is None


async def test_a_seeded_rule_hits_the_same_requests_again() -> None:
    def draws() -> list[bool]:
        faults = Faults()
        faults.add(Rule(kind="sms.429", probability=0.5, seed=7))
        return [faults.trigger("sms.429", MEMBER) is not None for _ in range(200)]

    first = draws()
    assert first == draws()
    assert 60 < sum(first) < 140


async def test_rules_are_added_listed_with_their_hits_and_removed(carrier: RunningSandbox) -> None:
    rules = [{"kind": "sms.429", "count": 1, "retry_after": 7}, {"kind": "smtp.reply", "at": "rcpt", "code": 452}]
    armed = (await carrier.http.post("/sandbox/faults", json={"rules": rules})).json()["faults"]
    answer = await post(carrier)
    assert (answer.status_code, answer.headers["Retry-After"], carrier.lines("sms")) == (429, "7", [])
    assert (await post(carrier)).status_code == 201
    shown = (await carrier.http.get("/sandbox/faults")).json()["faults"]
    assert [(each["kind"], each["hits"]) for each in shown] == [("sms.429", 1), ("smtp.reply", 0)]
    assert (await carrier.http.delete(f"/sandbox/faults/{armed[0]['id']}")).json() == {"removed": 1}
    assert (await carrier.http.delete(f"/sandbox/faults/{armed[0]['id']}")).status_code == 404
    assert (await carrier.http.delete("/sandbox/faults")).json() == {"removed": 1}


@pytest.mark.parametrize(
    "rule",
    [
        {"kind": "sms.unheard-of"},
        {"kind": "sms.429", "colour": "red"},
        {"kind": "smtp.reply"},
        {"kind": "sms.429", "at": "rcpt"},
        {"kind": "sms.429", "probability": 2},
        {"kind": "smtp.reply", "at": "rcpt", "text": "two\r\nlines"},
    ],
)
async def test_a_rule_that_makes_no_sense_is_refused(carrier: RunningSandbox, rule: dict[str, Any]) -> None:
    answer = await carrier.http.post("/sandbox/faults", json=rule)
    assert answer.status_code == 422
    assert answer.json()["errors"]


@pytest.mark.parametrize(("kind", "status", "taken"), [("sms.5xx-before", 503, 0), ("sms.5xx-after", 500, 1)])
async def test_a_5xx_comes_before_or_after_accepting(
    carrier: RunningSandbox, kind: str, status: int, taken: int
) -> None:
    await carrier.fault(kind)
    with pytest.raises(TwilioRestException) as failed:
        await carrier.text()
    assert failed.value.status == status
    assert len(carrier.lines("sms")) == taken


@pytest.mark.parametrize(("kind", "taken"), [("sms.reset-before", 0), ("sms.reset-after", 1), ("sms.cut", 1)])
async def test_the_connection_breaks_before_or_after_accepting(carrier: RunningSandbox, kind: str, taken: int) -> None:
    await carrier.fault(kind, count=1)
    with pytest.raises(httpx.TransportError):
        await post(carrier)
    assert len(carrier.lines("sms")) == taken
    assert (await post(carrier)).status_code == 201


async def test_answers_may_be_truncated_wrong_or_html(carrier: RunningSandbox) -> None:
    await carrier.fault("sms.truncated", count=1)
    answer = await post(carrier)
    assert answer.status_code == 201
    with pytest.raises(ValueError, match=r"Expecting|Unterminated|Invalid"):
        answer.json()
    await carrier.fault("sms.wrong-json", count=1)
    assert (await post(carrier)).json() == {"result": "ok"}
    assert len(carrier.lines("sms")) == 2
    for accept, taken in ((False, 2), (True, 3)):
        await carrier.fault("sms.html", count=1, accept=accept)
        answer = await post(carrier)
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/html")
        assert len(carrier.lines("sms")) == taken


async def test_an_answer_may_dribble_by_the_byte(carrier: RunningSandbox) -> None:
    await carrier.fault("sms.slow", delay=0.5)
    began = time.monotonic()
    answer = await post(carrier)
    assert answer.json()["to"] == MEMBER
    assert time.monotonic() - began >= 0.45


async def test_a_text_is_accepted_long_after_the_client_gave_up(carrier: RunningSandbox, hook: Hook) -> None:
    await carrier.fault("sms.late-accept", delay=5)
    with pytest.raises(httpx.ReadTimeout):
        await post(carrier, timeout=httpx.Timeout(30, read=0.1))
    assert carrier.lines("sms") == []
    await until(lambda: len(carrier.lines("sms")) == 1, within=20)


async def test_a_fault_may_name_the_outcome(carrier: RunningSandbox) -> None:
    await carrier.fault("sms.outcome", outcome="21610", count=1)
    with pytest.raises(TwilioRestException) as refused:
        await carrier.text()
    assert refused.value.code == 21610
    await carrier.fault("sms.outcome", outcome="30008", count=1)
    text = await carrier.text()
    await carrier.settled()
    assert (await carrier.twilio.messages(text.sid).fetch_async()).error_code == 30008


async def test_lists_may_lag_be_shuffled_or_fail(carrier: RunningSandbox) -> None:
    sids = [(await carrier.text(body=f"Text {number}")).sid for number in range(30)]
    lag = await carrier.fault("list.lag", delay=60)
    assert await carrier.twilio.messages.list_async() == []
    with pytest.raises(TwilioRestException) as missing:
        await carrier.twilio.messages(sids[0]).fetch_async()
    assert missing.value.status == 404
    await carrier.http.delete(f"/sandbox/faults/{lag}")
    shuffle = await carrier.fault("list.shuffle")
    shuffled = [each.sid for each in await carrier.twilio.messages.list_async()]
    assert set(shuffled) == set(sids)
    assert shuffled != sids[::-1]
    await carrier.http.delete(f"/sandbox/faults/{shuffle}")
    await carrier.fault("list.fail", status=502, count=1)
    failed = await carrier.http.get(f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json")
    assert failed.status_code == 502


async def test_receipts_may_never_come_though_the_status_moves(carrier: RunningSandbox, hook: Hook) -> None:
    await carrier.fault("receipt.never")
    text = await carrier.text(status_callback=callback(hook))
    await carrier.settled()
    assert hook.requests == []
    assert str((await carrier.twilio.messages(text.sid).fetch_async()).status) == "delivered"


async def test_receipts_may_repeat_be_reversed_or_late(carrier: RunningSandbox, hook: Hook) -> None:
    await carrier.fault("receipt.repeat", times=10, count=1)
    repeated = await carrier.text(status_callback=callback(hook))
    await carrier.settled()
    assert sorted(hook.statuses_of(repeated.sid)) == ["delivered"] * 10 + ["sent"] * 10
    await carrier.fault("receipt.reversed", count=1)
    await carrier.text(status_callback=callback(hook))
    await carrier.settled()
    assert [line["status"] for line in carrier.lines("receipts")[2:]] == ["sent", "delivered"]
    await carrier.fault("receipt.delay", delay=0.3, count=1)
    began = time.monotonic()
    await carrier.text(status_callback=callback(hook))
    await carrier.settled()
    assert time.monotonic() - began > 0.3


async def test_reversed_receipts_arrive_last_first(orderly: RunningSandbox, hook: Hook) -> None:
    await orderly.fault("receipt.reversed")
    text = await orderly.text(status_callback=callback(hook))
    await orderly.settled()
    assert hook.statuses_of(text.sid) == ["delivered", "sent"]


async def test_a_receipt_may_come_before_the_answer(orderly: RunningSandbox, hook: Hook) -> None:
    await orderly.fault("receipt.before-answer")
    text = await orderly.text(status_callback=callback(hook))
    assert hook.statuses_of(text.sid)[:1] == ["sent"]
    await orderly.settled()
    assert hook.statuses_of(text.sid) == ["sent", "delivered"]


async def test_receipts_may_carry_a_wrong_reference_or_a_forged_signature(carrier: RunningSandbox, hook: Hook) -> None:
    await carrier.fault("receipt.wrong-reference")
    await carrier.fault("receipt.forged")
    text = await carrier.text(status_callback=callback(hook))
    await carrier.settled()
    forged = [request for request in hook.requests if not request.signed]
    wrong = [request for request in hook.requests if request.form["MessageSid"] != text.sid]
    assert [request.form["MessageStatus"] for request in forged] == ["undelivered", "undelivered"]
    assert sorted(request.form["MessageStatus"] for request in wrong) == ["delivered", "sent"]
    assert all(request.signed for request in wrong)
    assert sorted(each for each in hook.statuses_of(text.sid)) == ["delivered", "sent", "undelivered", "undelivered"]


async def test_idle_for_no_longer_than_a_moment_is_not_settled() -> None:
    pending = PendingWork()
    pending.begin("receipts")
    waiting = asyncio.create_task(pending.settled(0.2))
    await asyncio.sleep(0)
    pending.end("receipts")
    pending.begin("callbacks")
    assert not await waiting


async def test_settle_says_so_when_its_patience_ends(carrier: RunningSandbox, hook: Hook) -> None:
    await carrier.fault("receipt.delay", delay=30)
    await carrier.text(status_callback=callback(hook))
    answer = (await carrier.http.post("/sandbox/settle", json={"timeout": 0.2})).json()
    assert answer["settled"] is False
    assert answer["pending"]["callbacks"] + answer["pending"]["receipts"] > 0
