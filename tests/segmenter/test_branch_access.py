"""What a caller limited to a branch may touch, and which scope each route needs."""

import pytest

from tests.segmenter.union import Union

NOBODY = "5f0c1c9e-3c61-4b6f-9d53-0b7e5f2a8d11"
"""An id that nothing has; the same in each process, since it is in the names of tests."""


async def test_a_branch_s_segment_stays_inside_the_branch(union: Union) -> None:
    await union.joined_by(union.member(), union.member(memberships=(union.place("b"),)))
    everybody = {"name": "All", "rule": {"kind": "body", "bodies": [union.name]}}
    made = await union.client.post("/segments", json=everybody, headers=union.of_branch())
    assert made.json()["body"] == f"{union.name}-a"
    preview = await union.client.get(f"/segments/{made.json()['segment_id']}/preview", headers=union.of_branch())
    assert preview.json()["count"] == 1
    other = await union.client.get(f"/segments/{made.json()['segment_id']}", headers=union.of_branch("b"))
    assert other.status_code == 403
    taken = {**everybody, "body": f"{union.name}-b"}
    assert (await union.client.post("/segments", json=taken, headers=union.of_branch())).status_code == 403
    listed = (await union.client.get("/segments", headers=union.of_branch())).json()["items"]
    assert [one["segment_id"] for one in listed] == [made.json()["segment_id"]]


async def test_a_branch_launches_to_its_own_members_only(union: Union) -> None:
    mine, _ = await union.joined_by(union.member(), union.member(memberships=(union.place("b"),)))
    headers = union.of_branch()
    body = {"name": "All", "rule": {"kind": "body", "bodies": [union.name]}}
    segment = (await union.client.post("/segments", json=body, headers=headers)).json()
    draft = await union.draft(segment_id=segment["segment_id"])
    campaign = (await union.client.post("/campaigns", json=draft, headers=headers)).json()
    assert campaign["body"] == f"{union.name}-a"
    path = f"/campaigns/{campaign['campaign_id']}"
    assert (await union.client.get(path, headers=union.of_branch("b"))).status_code == 403
    confirmed = {"summary": (await union.client.post(f"{path}/summary", headers=headers)).json()["hash"]}
    assert (await union.client.post(f"{path}/approve", json=confirmed, headers=headers)).status_code == 200
    assert (await union.client.post(f"{path}/launch", json=confirmed, headers=headers)).status_code == 200
    (request,) = await union.requests(campaign["campaign_id"], 1)
    assert request.member_id == mine.member_id


async def test_a_branch_cannot_use_the_union_s_segment_or_stop_everything(union: Union) -> None:
    draft = await union.draft()
    assert (await union.client.post("/campaigns", json=draft, headers=union.of_branch())).status_code == 403
    stop = await union.client.post("/sending/stop", json={"reason": "mine"}, headers=union.of_branch())
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
