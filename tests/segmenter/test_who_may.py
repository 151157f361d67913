"""What a caller limited to a branch may touch, and what a member's history tells."""

from typing import Any

import pytest
from contracts import topics
from contracts.ballots import ParticipationRecorded

from tests.segmenter.given import NOW, Union
from tests.support.facts import eventually

NOBODY = "5f0c1c9e-3c61-4b6f-9d53-0b7e5f2a8d11"
"""An id that nothing has; the same in each process, since it is in the names of tests."""


def of_branch(union: Union, branch: str = "a") -> dict[str, str]:
    return union.world.headers(branch=f"{union.name}-{branch}")


async def test_a_branch_s_segment_stays_inside_the_branch(union: Union) -> None:
    await union.joined_by(union.member(), union.member(memberships=(union.place("b"),)))
    everybody = {"name": "All", "rule": {"kind": "body", "bodies": [union.name]}}
    made = await union.client.post("/segments", json=everybody, headers=of_branch(union))
    assert made.json()["body"] == f"{union.name}-a"
    preview = await union.client.get(f"/segments/{made.json()['segment_id']}/preview", headers=of_branch(union))
    assert preview.json()["count"] == 1
    other = await union.client.get(f"/segments/{made.json()['segment_id']}", headers=of_branch(union, "b"))
    assert other.status_code == 403
    taken = {**everybody, "body": f"{union.name}-b"}
    assert (await union.client.post("/segments", json=taken, headers=of_branch(union))).status_code == 403
    listed = (await union.client.get("/segments", headers=of_branch(union))).json()["items"]
    assert [one["segment_id"] for one in listed] == [made.json()["segment_id"]]


async def test_a_branch_launches_to_its_own_members_only(union: Union) -> None:
    mine, _ = await union.joined_by(union.member(), union.member(memberships=(union.place("b"),)))
    headers = of_branch(union)
    body = {"name": "All", "rule": {"kind": "body", "bodies": [union.name]}}
    segment = (await union.client.post("/segments", json=body, headers=headers)).json()
    draft = await union.draft(segment_id=segment["segment_id"])
    campaign = (await union.client.post("/campaigns", json=draft, headers=headers)).json()
    assert campaign["body"] == f"{union.name}-a"
    path = f"/campaigns/{campaign['campaign_id']}"
    assert (await union.client.get(path, headers=of_branch(union, "b"))).status_code == 403
    confirmed = {"summary": (await union.client.post(f"{path}/summary", headers=headers)).json()["hash"]}
    assert (await union.client.post(f"{path}/approve", json=confirmed, headers=headers)).status_code == 200
    assert (await union.client.post(f"{path}/launch", json=confirmed, headers=headers)).status_code == 200
    (request,) = await union.requests(campaign["campaign_id"], 1)
    assert request.member_id == mine.member_id


async def test_a_branch_cannot_use_the_union_s_segment_or_stop_everything(union: Union) -> None:
    draft = await union.draft()
    assert (await union.client.post("/campaigns", json=draft, headers=of_branch(union))).status_code == 403
    stop = await union.client.post("/sending/stop", json={"reason": "mine"}, headers=of_branch(union))
    assert stop.status_code == 403
    assert (await union.client.get("/sending")).json()["stopped"] is False


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("POST", "/segments", "segments:write"),
        ("GET", "/segments", "segments:read"),
        ("POST", "/campaigns", "campaigns:write"),
        ("GET", "/campaigns", "campaigns:read"),
        ("POST", f"/campaigns/{NOBODY}/approve", "campaigns:approve"),
        ("POST", f"/campaigns/{NOBODY}/launch", "campaigns:launch"),
        ("POST", f"/campaigns/{NOBODY}/cancel", "campaigns:launch"),
        ("POST", "/sending/stop", "sending:stop"),
        ("GET", f"/members/{NOBODY}/history", "history:read"),
        ("GET", "/union-events", "segments:read"),
    ],
)
async def test_each_route_wants_its_own_scope(union: Union, method: str, path: str, scope: str) -> None:
    others = union.world.headers("members:read replies:read")
    refused = await union.client.request(method, path, json={}, headers=others)
    assert refused.status_code == 403
    assert scope in refused.json()["detail"]
    assert (await union.client.request(method, path, json={}, headers={"Authorization": ""})).status_code == 401


async def history(union: Union, member_id: object, **headers: str) -> list[dict[str, Any]]:
    answer = await union.client.get(f"/members/{member_id}/history", headers=headers)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["entries"])


async def test_a_history_tells_rule_consent_and_outcome(union: Union) -> None:
    member, silent = await union.joined_by(union.member(), union.member(consents=()))
    campaign_id = await union.launched()
    (request,) = await union.requests(campaign_id, 1)
    await union.became(request, "delivered", rev=2)
    await eventually(lambda: union.progress(campaign_id), until=lambda seen: "delivered" in seen["by_status"])
    (item,) = await history(union, member.member_id)
    assert (item["campaign_id"], item["purpose"], item["skip_reason"]) == (campaign_id, "campaign", None)
    assert (item["rule"]["matched"], item["rule"]["rule"]["bodies"]) == (True, [union.name])
    assert {used["channel"]: used["consent_id"] for used in item["consents"]} == {
        word.channel: str(word.consent_id) for word in member.consents
    }
    (delivery,) = item["deliveries"]
    assert (delivery["delivery_id"], delivery["status"]) == (str(request.delivery_id), "delivered")
    (left_out,) = await history(union, silent.member_id)
    assert (left_out["skip_reason"], left_out["deliveries"], left_out["consents"]) == ("no_consent", [], [])


async def test_a_history_keeps_what_was_true_then(union: Union) -> None:
    (member,) = await union.joined_by(union.member(language="cy"))
    segment_id = await union.segment(
        {"kind": "all", "of": [{"kind": "body", "bodies": [union.name]}, {"kind": "language", "languages": ["cy"]}]}
    )
    await union.requests(await union.launched(segment_id=segment_id), 1)
    await union.say(topics.MEMBERS, member.member_id, member.model_copy(update={"version": 2, "language": "en"}))
    await eventually(lambda: union.count({"kind": "language", "languages": ["cy"]}), until=lambda count: count == 0)
    (item,) = await history(union, member.member_id)
    assert [part["matched"] for part in item["rule"]["of"]] == [True, True]


async def test_a_branch_reads_the_history_of_its_own_members(union: Union) -> None:
    (member,) = await union.joined_by(union.member())
    assert await history(union, member.member_id, **of_branch(union)) == []
    path = f"/members/{member.member_id}/history"
    assert (await union.client.get(path, headers=of_branch(union, "b"))).status_code == 404
    assert (await union.client.get(f"/members/{NOBODY}/history")).status_code == 404


async def test_a_history_does_not_tell_one_branch_what_another_does(union: Union) -> None:
    (member,) = await union.joined_by(union.member(memberships=(union.place("a"), union.place("b"))))
    await union.requests(await union.launched(name="The whole union's"), 1)
    segment_id = await union.segment({"kind": "body", "bodies": [f"{union.name}-b"]})
    await union.requests(await union.launched(name="B's own", segment_id=segment_id, body=f"{union.name}-b"), 1)
    seen = {item["name"]: item for item in await history(union, member.member_id, **of_branch(union))}
    assert seen.keys() == {None, "The whole union's"}
    assert (seen[None]["rule"], seen[None]["withheld"][:12]) == (None, "the campaign")
    own = {item["name"] for item in await history(union, member.member_id, **of_branch(union, "b"))}
    assert own == {"B's own", "The whole union's"}


async def test_who_took_part_is_not_asked_again(union: Union) -> None:
    voted, asked = await union.joined_by(union.member(), union.member())
    poll_id = await union.poll()
    said = ParticipationRecorded(ballot_id=poll_id, member_id=voted.member_id, effect="voted", on=NOW.date())
    await union.say(topics.PARTICIPATION, f"{poll_id}:{voted.member_id}", said)
    took_part = {"kind": "took_part", "ballot_id": str(poll_id)}
    await eventually(lambda: union.count(took_part), until=lambda count: count == 1)
    campaign_id = await union.launched(poll_id=str(poll_id))
    (request,) = await union.requests(campaign_id, 1)
    assert request.member_id == asked.member_id
    (item,) = await history(union, voted.member_id)
    assert item["skip_reason"] == "already_took_part"
