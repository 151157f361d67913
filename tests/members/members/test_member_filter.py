"""Members over REST: which members a branch's token reaches, pages, and ids that do not exist."""

import pytest

from tests.members.sample_members import ANN, joined
from tests.members.service import Running
from tests.support.world import World

NOBODY = "5f0c1c9e-3c61-4b6f-9d53-0b7e5f2a8d11"
"""An id that does not exist; the same in each process, since it is in the names of tests."""


async def test_a_token_of_a_branch_reaches_its_members_only(members: Running, world: World) -> None:
    here = await joined(members, "B1")
    there = await joined(members, "B2", memberships=[{"body": "york"}])
    headers = world.headers(branch="leeds")
    assert (await members.http.get(f"/members/{here['member_id']}", headers=headers)).status_code == 200
    for method, url, body in (
        ("GET", f"/members/{there['member_id']}", None),
        ("PATCH", f"/members/{there['member_id']}", {"given_name": "X"}),
        ("DELETE", f"/members/{there['member_id']}", None),
        ("POST", f"/members/{there['member_id']}/consents", ANN["consents"][0]),
        ("GET", f"/members/{there['member_id']}/history", None),
        ("PATCH", f"/members/{here['member_id']}", {"memberships": [{"body": "york"}]}),
        ("POST", "/members", ANN | {"membership_number": "B3", "memberships": [{"body": "york"}]}),
        ("POST", "/members", ANN | {"membership_number": "B3", "memberships": []}),
        ("GET", "/members?branch=york", None),
        ("PUT", "/bodies/leeds", {"kind": "branch", "name": "Ours", "parent": "north"}),
        ("POST", "/events", {}),
    ):
        answer = await members.http.request(method, url, json=body, headers=headers | {"If-Match": "*"})
        assert answer.status_code == 403, (method, url, answer.text)
    listed = (await members.http.get("/members", params={"limit": 1000}, headers=headers)).json()["members"]
    assert here["member_id"] in {item["member_id"] for item in listed}
    assert there["member_id"] not in {item["member_id"] for item in listed}


async def test_pages_hold_every_member_once(members: Running) -> None:
    for number in range(5):
        await joined(members, f"P{number}", memberships=[{"body": "york"}])
    seen: list[str] = []
    after = None
    while True:
        params: dict[str, str | int] = {"branch": "north", "limit": 2}
        if after:
            params["after"] = after
        page = (await members.http.get("/members", params=params)).json()
        seen += [item["member_id"] for item in page["members"]]
        after = page["next"]
        if after is None:
            break
    everybody = (await members.http.get("/members", params={"branch": "north", "limit": 1000})).json()["members"]
    assert seen == [item["member_id"] for item in everybody]
    assert len(set(seen)) == len(seen) >= 5


@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("/members/not-a-uuid", 422),
        (f"/members/{NOBODY}", 404),
        (f"/members/{NOBODY}/history", 404),
        ("/members?membership_number=%00", 422),
        ("/members?branch=%00", 422),
        ("/members?limit=0", 422),
        ("/bodies/%00", 422),
        ("/bodies/nowhere", 404),
        (f"/imports/{NOBODY}", 404),
        (f"/imports/{NOBODY}/rejected.csv", 404),
    ],
)
async def test_a_strange_address_is_refused_as_a_problem(members: Running, url: str, status: int) -> None:
    answer = await members.http.get(url)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
