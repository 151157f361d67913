"""Bad campaigns are refused with every field and its reason; nothing is stored."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.segmenter.union import LATER, NOW, Union

EMAIL = {"channel": "email", "language": "en", "subject": "Meeting", "text": "Dear {{ given_name }}"}

FROM = {"channel": "email", "address": "office@union.example"}


def texted(text: str) -> dict[str, Any]:
    return {"content": [{"channel": "sms", "language": "en", "text": text}, EMAIL]}


def mailed(**values: str) -> dict[str, Any]:
    return {"content": [{"channel": "sms", "language": "en", "text": "Hi"}, {**EMAIL, **values}]}


@pytest.mark.parametrize(
    ("values", "field", "reason"),
    [
        (texted("{{ given_name.__class__ }}"), "content.0.text", "attributes are not allowed"),
        (texted("{% for x in branch %}{{ x }}{% endfor %}"), "content.0.text", "loops"),
        (texted("{{ given_name | upper }}"), "content.0.text", "filters are not allowed"),
        (texted("Hi {{ salary }}"), "content.0.text", "unknown merge field salary"),
        (texted("Vote: {{ poll_link }}"), "content.0.text", "poll_link needs a poll_id"),
        (texted("Bye {{ unsubscribe_link }}"), "content.0.text", "is for e-mail"),
        (texted("x" * 1531), "content.0.text", "takes 11 parts in GSM-7 without its merge fields; at most 10"),
        (texted("ŷ" * 671), "content.0.text", "takes 11 parts in UCS-2"),
        (texted("  "), "content.0.text", "is empty"),
        (texted("{{branch}}" * 9_999), "content.0.text", "more than 100 merge fields"),
        (mailed(html="<p>{{" + "(" * 60_000 + "</p>"), "content.1.html", "a merge field of more than 100 characters"),
        (mailed(subject="Hello\r\nBcc: everyone@example.org"), "content.1.subject", "line break"),
        (mailed(subject="Hello\nBcc: everyone@example.org"), "content.1.subject", "line break"),
        (mailed(subject=""), "content.1.subject", "is empty"),
        (mailed(html="<p>{{ given_name() }}</p>"), "content.1.html", "calls are not allowed"),
        ({"expires_at": (NOW - timedelta(hours=1)).isoformat()}, "expires_at", "is in the past"),
        ({"expires_at": "2106-02-07T10:00:00Z"}, "expires_at", "is more than 5 years away"),
        ({"expires_at": "9999-12-31T23:59:59-10:00"}, "expires_at", "is not between 1970 and 9998"),
        ({"expires_at": "0001-01-01T00:00:00+14:00"}, "expires_at", "is not between 1970 and 9998"),
        ({"starts_at": "0001-01-01T00:00:00+14:00"}, "starts_at", "is not between 1970 and 9998"),
        ({"expires_at": "tomorrow"}, "expires_at", "valid datetime"),
        ({"expires_at": "2030-01-01T10:00:00"}, "expires_at", "timezone"),
        ({"starts_at": "2999-01-01T10:00:00Z"}, "starts_at", "is not before expires_at"),
        ({"senders": []}, "senders", "lacks a sender for sms"),
        (
            {
                "senders": [
                    {"channel": "sms", "address": "07700 900999"},
                    {"channel": "email", "address": "a@b.example"},
                ]
            },
            "senders.0.address",
            "neither an E.164 number nor a messaging service",
        ),
        (
            {
                "senders": [
                    {"channel": "sms", "address": "+447700900999"},
                    {"channel": "email", "address": "a@b\r\nX: y"},
                ]
            },
            "senders.1.address",
            "is not an e-mail address",
        ),
        ({"content": [EMAIL]}, "content", "lacks sms in the default language en"),
        ({"default_language": "cy"}, "content", "lacks sms in the default language cy"),
        ({"channels": {"rule": "all", "order": ["sms"]}}, "channels.order", "leaves out email"),
        ({"channels": {"rule": "all", "order": ["sms", "sms", "email"]}}, "channels.order", "names a channel twice"),
        ({"channels": {"rule": "some", "order": ["sms"]}}, "channels.rule", "preferred_else_next"),
        ({"fallbacks": {"poll_link": "x"}}, "fallbacks.poll_link", "is not a merge field that may be missing"),
        ({"fallbacks": {"given_name": " "}}, "fallbacks.given_name", "is empty"),
        ({"segment_id": str(uuid4())}, "segment_id", "no such segment"),
        ({"poll_id": str(uuid4())}, "poll_id", "no such poll is known"),
        ({"purpose": "fun"}, "purpose", "ballot_notice"),
        ({"passes_quiet_hours": True}, "quiet_hours_reason", "is needed"),
        ({"budget": 5}, "budget", "Extra inputs are not permitted"),
        ({"step": 0}, "step", "greater than or equal to 1"),
    ],
)
async def test_a_fault_is_named_by_field_and_reason(
    union: Union, values: dict[str, Any], field: str, reason: str
) -> None:
    body = {**await union.draft(segment_id="00000000-0000-0000-0000-000000000000"), **values}
    if "segment_id" not in values:
        body["segment_id"] = await union.segment()
    answer = await union.client.post("/campaigns", json=body)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert any(error["field"] == field and reason in error["reason"] for error in answer.json()["errors"]), answer.text


async def test_every_fault_is_named_at_once(union: Union) -> None:
    body = {**await union.draft(), **texted("{{ a.b }}"), "senders": [], "expires_at": NOW.isoformat()}
    fields = {error["field"] for error in (await union.client.post("/campaigns", json=body)).json()["errors"]}
    assert fields == {"content.0.text", "senders", "expires_at"}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"name": NaN}', "not JSON"),
        (b'{"name": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested deeper"),
        (b'{"name": "x"', "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[]", "dictionary"),
    ],
)
async def test_what_is_not_json_is_refused(union: Union, body: bytes, reason: str) -> None:
    for path in ("/campaigns", "/segments", "/segments/preview", "/sending/stop"):
        answer = await union.client.post(path, content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 422, answer.text
        assert reason in str(answer.json()["errors"])


async def test_a_text_that_grows_too_long_by_its_names_is_refused_with_the_count(union: Union) -> None:
    await union.joined_by(union.member(given_name="Llanfairpwllgwyngyll"), union.member(given_name="Al"))
    campaign = await union.campaign(**texted("{{ given_name }}" + "x" * 1515))
    summary = await union.summary(campaign["campaign_id"])
    assert (summary["sms"]["too_long"], summary["sms"]["most_parts"]) == (1, 11)
    body = {"summary": summary["hash"]}
    answer = await union.client.post(f"/campaigns/{campaign['campaign_id']}/approve", json=body)
    assert answer.status_code == 422
    assert "for 1 members the text takes up to 11 parts" in answer.json()["errors"][0]["reason"]


async def test_a_poll_must_be_open(union: Union) -> None:
    closed = await union.poll(closes_at=NOW - timedelta(minutes=1))
    answer = await union.client.post("/campaigns", json=await union.draft(poll_id=str(closed)))
    assert answer.json()["errors"] == [{"field": "poll_id", "reason": "the poll is not open"}]
    opened = await union.poll()
    campaign = await union.campaign(poll_id=str(opened), **texted("Vote: {{ poll_link }}"))
    assert campaign["poll_id"] == str(opened)


@pytest.mark.parametrize(
    "claimed",
    [{"passes_quiet_hours": True, "quiet_hours_reason": "gas leak"}, {"urgent": True}],
    ids=["quiet", "urgent"],
)
async def test_passing_others_and_quiet_hours_need_scopes_of_their_own(union: Union, claimed: dict[str, Any]) -> None:
    body = {**await union.draft(), **claimed}
    assert (await union.client.post("/campaigns", json=body)).status_code == 201
    headers = union.world.headers("campaigns:write segments:write")
    answer = await union.client.post("/campaigns", json=body, headers=headers)
    assert answer.status_code == 403
    assert answer.json()["errors"][0]["field"] == next(iter(claimed))


async def test_missing_values_are_reported_and_fallbacks_fill_them(union: Union) -> None:
    with_job = union.member(memberships=(union.place("a", job="lecturer"),))
    await union.joined_by(with_job, union.member(), union.member(given_name=""))
    values = texted("Dear {{ given_name }}, our {{ job }}")
    bare = await union.summary((await union.campaign(**values))["campaign_id"])
    assert bare["missing"] == [
        {"field": "given_name", "channel": "sms", "members": 1, "fallback": False},
        {"field": "job", "channel": "sms", "members": 2, "fallback": False},
    ]
    assert bare["not_renderable"] == 2
    helped = await union.campaign(**values, fallbacks={"given_name": "colleague", "job": "member"})
    summary = await union.summary(helped["campaign_id"])
    assert [gap["fallback"] for gap in summary["missing"]] == [True, True]
    assert (summary["not_renderable"], summary["sms"]["parts"]) == (0, 3)


async def test_a_summary_counts_what_will_be_sent(union: Union) -> None:
    await union.joined_by(
        union.member(), union.member(language="cy"), union.member(sms=False), union.member(consents=("email",))
    )
    content = [
        {"channel": "sms", "language": "en", "text": "x" * 161},
        {"channel": "sms", "language": "cy", "text": "Tŷ " + "x" * 68},
        EMAIL,
    ]
    campaign = await union.campaign(content=content, expires_at=LATER)
    summary = await union.summary(campaign["campaign_id"])
    assert summary["audience_by_channel"] == {"sms": 2, "email": 2}
    assert summary["sms"]["encodings"] == {"GSM-7": 1, "UCS-2": 1}
    assert (summary["sms"]["parts"], summary["sms"]["price"]) == (4, "0.16")
    assert (summary["matched"], summary["recipients"], summary["skipped"]) == (4, 4, {})
    assert summary["sending_seconds"] == 0.4
