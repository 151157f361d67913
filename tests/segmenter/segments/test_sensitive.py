"""Segments by special-category interests: they need a scope, show no member, and no count of a few."""

from typing import Any

import pytest
from contracts import topics
from contracts.events.members import MemberChanged, SensitiveInterestsChanged

from tests.segmenter.union import Union
from tests.support.facts import eventually
from tests.support.tokens import ALL_SCOPES

RULE = {"kind": "interest", "interests": ["disabled-members"], "sensitive": True}
WITHOUT = " ".join(scope for scope in ALL_SCOPES.split() if scope != "segments:sensitive")


def inside(union: Union, rule: dict[str, Any] = RULE) -> dict[str, Any]:
    return {"kind": "all", "of": [{"kind": "body", "bodies": [union.name]}, rule]}


async def preview(union: Union, rule: dict[str, Any] = RULE) -> dict[str, Any]:
    answer = await union.client.post("/segments/preview", json={"rule": inside(union, rule)})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def network(union: Union, size: int, *, unasked: int = 0, phoneless: int = 0) -> list[MemberChanged]:
    """So many members of the union who are in the disabled members' network, some without consent or without a phone,
    and one who is not."""
    words: list[tuple[str, ...]] = [()] * unasked + [("sms", "email")] * (size + 1 - unasked)
    joining = (union.member(consents=given, sms=place >= phoneless) for place, given in enumerate(words))
    *those, _ = await union.joined_by(*joining)
    for member in those:
        said = SensitiveInterestsChanged(member_id=member.member_id, version=1, interests=("disabled-members",))
        await union.publish(topics.MEMBERS_SENSITIVE, member.member_id, said)
    segment_id = await union.segment(inside(union))

    async def heard() -> bool:
        paths = [f"/segments/{segment_id}/members/{member.member_id}" for member in those]
        return all([(await union.client.get(path)).json()["in_segment"] for path in paths])

    await eventually(heard)
    return those


async def test_sensitive_interests_are_asked_for_by_name_and_nobody_is_shown(union: Union) -> None:
    await network(union, 10)
    seen = await preview(union)
    assert (seen["count"], seen["by_channel"], seen["sample"]) == (10, {"sms": 10, "email": 10}, [])
    assert (seen["sensitive"], [each["field"] for each in seen["withheld"]]) == (True, ["sample"])
    assert await union.count({**RULE, "sensitive": False}) == 0


async def test_fewer_than_ten_are_not_counted_and_the_answer_says_why(union: Union) -> None:
    await network(union, 9)
    seen = await preview(union)
    assert (seen["count"], seen["by_channel"]) == (None, {"sms": None, "email": None})
    reasons = {each["field"]: each["reason"] for each in seen["withheld"]}
    assert reasons["count"] == reasons["sms"] == "fewer than 10 people of a sensitive segment"
    assert (await preview(union, {"kind": "not", "of": RULE}))["count"] is None


async def test_few_without_a_phone_are_not_told_by_those_with_one(union: Union) -> None:
    await network(union, 13, phoneless=3)
    seen = await preview(union)
    assert (seen["count"], seen["by_channel"]) == (13, {"sms": None, "email": 13})
    assert [each["field"] for each in seen["withheld"]] == ["sms", "sample"]


@pytest.mark.parametrize("rule", [RULE, {"kind": "any", "of": [{"kind": "not", "of": RULE}]}])
async def test_a_sensitive_rule_needs_a_scope_of_its_own(union: Union, rule: dict[str, Any]) -> None:
    headers = union.world.headers(WITHOUT)
    (member,) = await network(union, 1)
    ordinary, segment_id = await union.segment(), await union.segment(inside(union, rule))
    body, version = {"name": "Network", "rule": inside(union, rule)}, {"If-Match": '"1"'}
    plain = {"name": "Everybody", "rule": {"kind": "body", "bodies": [union.name]}}
    call = union.client.request
    refused = [
        await call("POST", "/segments", json=body, headers=headers),
        await call("PUT", f"/segments/{ordinary}", json=body, headers={**headers, **version}),
        await call("PUT", f"/segments/{segment_id}", json=plain, headers={**headers, **version}),
        await call("POST", "/segments/preview", json={"rule": rule}, headers=headers),
        await call("GET", f"/segments/{segment_id}/preview", headers=headers),
        await call("GET", f"/segments/{segment_id}/members/{member.member_id}", headers=headers),
        await call("POST", "/campaigns", json=await union.draft(segment_id=segment_id), headers=headers),
    ]
    assert {answer.status_code for answer in refused} == {403}
    assert all("segments:sensitive" in answer.json()["detail"] for answer in refused)


async def test_a_segment_that_became_sensitive_is_not_sent_to_by_who_may_not_use_it(union: Union) -> None:
    headers = union.world.headers(WITHOUT)
    await network(union, 10)
    campaign = (await union.client.post("/campaigns", json=await union.draft(), headers=headers)).json()
    path = f"/campaigns/{campaign['campaign_id']}/summary"
    assert (await union.client.post(path, headers=headers)).status_code == 200
    changed = {"name": "Network", "rule": inside(union)}
    segment = f"/segments/{campaign['segment_id']}"
    assert (await union.client.put(segment, json=changed, headers={"If-Match": '"1"'})).status_code == 200
    assert (await union.client.post(path, headers=headers)).status_code == 403


async def test_a_sensitive_campaign_is_hidden_from_who_may_not_use_it(union: Union) -> None:
    member, *_ = await network(union, 10)
    headers = union.world.headers(WITHOUT)
    campaign_id = await union.launched(segment_id=await union.segment(inside(union)), name="Access at work")
    await union.requests(campaign_id, 10)
    for path in (f"/campaigns/{campaign_id}", f"/campaigns/{campaign_id}/progress"):
        assert (await union.client.get(path, headers=headers)).status_code == 403
    listed = (await union.client.get("/campaigns", params={"limit": 200}, headers=headers)).json()["items"]
    assert campaign_id not in {each["campaign_id"] for each in listed}
    (masked,) = await union.history(member.member_id, **headers)
    assert (masked["campaign_id"], masked["name"], masked["rule"]) == (campaign_id, None, None)
    assert "segments:sensitive" in masked["withheld"]
    assert "Access" not in str(masked)
    assert "disabled" not in str(masked)
    (whole,) = await union.history(member.member_id)
    assert (whole["name"], whole["rule"]["of"][1]["rule"]["interests"]) == ("Access at work", ["disabled-members"])


async def test_a_launch_says_whether_the_campaign_is_sensitive(union: Union) -> None:
    await network(union, 10)
    for rule, sensitive in ((inside(union), True), (None, False)):
        campaign_id = await union.launched(segment_id=await union.segment(rule))
        (said,) = await union.campaign_events(campaign_id, 1)
        assert said.sensitive is sensitive


async def test_a_campaign_whose_ground_became_sensitive_after_its_approval_is_launched_as_sensitive(
    union: Union,
) -> None:
    await network(union, 10)
    poll = str(await union.poll())
    others = {"kind": "not", "of": {"kind": "took_part", "ballot_id": poll}}
    later = (await union.campaign(segment_id=await union.segment(inside(union, others))))["campaign_id"]
    confirmed = {"summary": (await union.summary(later))["hash"]}
    second = {"Authorization": f"Bearer {union.world.token(sub='second-person')}"}
    approved = await union.client.post(f"/campaigns/{later}/approve", json=confirmed, headers=second)
    assert (approved.status_code, approved.json()["sensitive"]) == (200, False), approved.text
    await union.launched(segment_id=await union.segment(inside(union)), poll_id=poll)
    (await union.client.post(f"/campaigns/{later}/launch", json=confirmed)).raise_for_status()
    (said,) = await union.campaign_events(later, 1)
    assert said.sensitive


async def test_a_rule_that_builds_on_a_sensitive_campaign_is_sensitive(union: Union) -> None:
    await network(union, 10)
    campaign_id = await union.launched(segment_id=await union.segment(inside(union)))
    await union.requests(campaign_id, 10)
    asked = {"kind": "in_campaign", "campaign_id": campaign_id}
    seen = await preview(union, asked)
    assert (seen["count"], seen["sample"], seen["sensitive"]) == (10, [], True)
    answer = await union.client.post("/segments/preview", json={"rule": asked}, headers=union.world.headers(WITHOUT))
    assert answer.status_code == 403


async def test_a_rule_that_builds_on_the_poll_of_a_sensitive_campaign_is_sensitive(union: Union) -> None:
    await network(union, 10)
    poll = str(await union.poll())
    await union.launched(segment_id=await union.segment(inside(union)), poll_id=poll)
    asked = {"kind": "took_part", "ballot_id": poll}
    seen = await preview(union, asked)
    assert (seen["count"], seen["sample"], seen["sensitive"]) == (None, [], True)
    answer = await union.client.post("/segments/preview", json={"rule": asked}, headers=union.world.headers(WITHOUT))
    assert answer.status_code == 403


async def test_a_small_sensitive_campaign_is_planned_and_followed_without_its_figures(union: Union) -> None:
    await network(union, 3)
    segment_id = await union.segment(inside(union))
    campaign = await union.campaign(segment_id=segment_id)
    summary = await union.summary(campaign["campaign_id"])
    assert (summary["recipients"], summary["matched"], summary["sms"]) == (None, None, None)
    assert {each["field"] for each in summary["withheld"]} >= {"recipients", "sms", "skipped"}
    campaign_id = await union.launch(campaign["campaign_id"])
    await union.requests(campaign_id, 3)
    progress = await eventually(lambda: union.progress(campaign_id), until=lambda seen: seen["fan_out_done"])
    assert (progress["audience"], progress["requested"], progress["by_branch"]) == (None, None, None)
    shown = (await union.client.get(f"/campaigns/{campaign_id}")).json()
    assert (shown["sensitive"], shown["approved_recipients"], shown["audience_size"]) == (True, None, None)


async def test_few_who_are_left_out_are_not_told_by_the_size_of_the_audience(union: Union) -> None:
    await network(union, 13, unasked=3)
    campaign = await union.campaign(segment_id=await union.segment(inside(union)))
    summary = await union.summary(campaign["campaign_id"])
    assert (summary["recipients"], summary["matched"], summary["skipped"]) == (10, None, None)
    campaign_id = await union.launch(campaign["campaign_id"])
    await union.requests(campaign_id, 10)
    progress = await eventually(lambda: union.progress(campaign_id), until=lambda seen: seen["fan_out_done"])
    assert (progress["requested"], progress["audience"], progress["planned_skips"]) == (10, None, None)
    assert progress["by_status"] == {"requested": 10}
    shown = (await union.client.get(f"/campaigns/{campaign_id}")).json()
    assert (shown["approved_recipients"], shown["audience_size"]) == (10, None)
    listed = (await union.client.get("/campaigns", params={"limit": 200})).json()["items"]
    assert [each["audience_size"] for each in listed if each["campaign_id"] == campaign_id] == [None]


async def test_few_recipients_of_many_who_match_are_not_told(union: Union) -> None:
    await network(union, 15, unasked=12)
    campaign_id = await union.launched(segment_id=await union.segment(inside(union)))
    await union.requests(campaign_id, 3)
    progress = await eventually(lambda: union.progress(campaign_id), until=lambda seen: seen["fan_out_done"])
    names = ("audience", "planned_skips", "not_requested", "requested", "done", "by_status", "by_channel", "by_branch")
    assert [progress[name] for name in names] == [None] * len(names)
    shown = (await union.client.get(f"/campaigns/{campaign_id}")).json()
    assert (shown["approved_recipients"], shown["audience_size"]) == (None, None)
