"""What a token that is limited to a branch may see and do."""

import httpx

from tests.ballot.builders import member, new_poll, reply
from tests.ballot.scenario import Scenario


def limited(
    scenario: Scenario, branch: str, scopes: str = "polls:read polls:write replies:read history:read"
) -> dict[str, str]:
    """Headers of a caller limited to a branch."""
    return scenario.world.headers(scopes, branch=scenario.branch(branch))


async def test_a_branch_sees_and_makes_its_own_polls_only(scenario: Scenario) -> None:
    await scenario.add_members(10, "leeds")
    await scenario.add_members(10, "york")
    whole = await scenario.open_poll()
    own, other = limited(scenario, "leeds"), limited(scenario, "york")
    wide = await scenario.client.post("/polls", json=new_poll(scenario.union), headers=own)
    assert (wide.status_code, wide.json()["errors"][0]["field"]) == (403, "body")
    made = await scenario.client.post("/polls", json=new_poll(scenario.branch("leeds")), headers=own)
    assert made.status_code == 201
    poll_id = made.json()["poll_id"]
    assert (await scenario.client.post(f"/polls/{poll_id}/open", headers=other)).status_code == 403
    assert (await scenario.client.post(f"/polls/{poll_id}/open", headers=own)).json()["roll"] == 10
    for path in (f"/polls/{whole}", f"/polls/{whole}/result", f"/electorates/{scenario.union}"):
        assert (await scenario.client.get(path, headers=own)).status_code == 403
    assert (await scenario.client.post(f"/polls/{whole}/close", headers=own)).status_code == 403
    listed = (await scenario.client.get("/polls", headers=own)).json()["polls"]
    assert [poll["poll_id"] for poll in listed] == [poll_id]
    newer = (await scenario.client.post("/polls", json=new_poll(scenario.branch("leeds")), headers=own)).json()[
        "poll_id"
    ]
    first = (await scenario.client.get("/polls", params={"limit": 1}, headers=own)).json()
    rest = (await scenario.client.get("/polls", params={"limit": 2, "after": first["next"]}, headers=own)).json()
    assert [poll["poll_id"] for poll in (*first["polls"], *rest["polls"])] == [newer, poll_id]
    assert rest["next"] is None
    turnout = (await scenario.client.get(f"/polls/{whole}/turnout", headers=own)).json()
    assert (turnout["roll"], turnout["took_part"]) == (None, None)
    assert [line["branch"] for line in turnout["branches"]] == [scenario.branch("leeds")]


async def test_a_branch_reads_and_decides_its_own_members_answers_only(scenario: Scenario) -> None:
    (here,), (there,) = await scenario.add_members(1, "leeds"), await scenario.add_members(1, "york")
    poll_id = await scenario.open_poll()
    await scenario.publish_replies(reply(poll_id, here, "umm"), reply(poll_id, there, "err"))
    await scenario.result(poll_id, unmatched=2)
    own = limited(scenario, "leeds")
    listed = (await scenario.client.get(f"/polls/{poll_id}/answers", headers=own)).json()["answers"]
    assert [answer["text"] for answer in listed] == ["umm"]
    ids = {answer["text"]: answer["answer_id"] for answer in await scenario.list_answers(poll_id)}

    async def decide(text: str) -> httpx.Response:
        path = f"/polls/{poll_id}/answers/{ids[text]}/decision"
        return await scenario.client.post(path, json={"option": "voted"}, headers=own)

    assert (await decide("err")).status_code == 403
    assert (await decide("umm")).status_code == 200
    assert (await scenario.client.get(f"/members/{there}/history", headers=own)).status_code == 403
    assert (await scenario.client.get(f"/members/{here}/history", headers=own)).status_code == 200


async def test_a_member_who_has_moved_is_read_by_the_new_branch_and_no_longer_by_the_old(scenario: Scenario) -> None:
    moved = member(
        scenario.membership("leeds", until="2024-06-30"),
        scenario.membership("york", "2024-07-01"),
        scenario.membership("bath", "2090-01-01"),
    )
    await scenario.publish_members(moved)
    poll_id = await scenario.open_poll()
    await scenario.publish_replies(reply(poll_id, moved.member_id, "voted"))
    await scenario.result(poll_id, counted=1)
    path = f"/members/{moved.member_id}/history"
    status = {
        branch: (await scenario.client.get(path, headers=limited(scenario, branch))).status_code
        for branch in ("leeds", "york", "bath")
    }
    assert status == {"leeds": 403, "york": 200, "bath": 403}
