"""The tree of bodies: placed, moved and renamed; the members beneath are published again."""

from typing import Any
from uuid import UUID

import pytest
from contracts import topics
from contracts.events.members import MemberChanged

from tests.members.service import Running
from tests.support.paging import pages
from tests.support.world import World


async def put(members: Running, body: str, kind: str, parent: str | None, name: str = "A Body", tag: str = "") -> Any:
    headers = {"If-Match": tag} if tag else {}
    given = {"kind": kind, "name": name, "parent": parent}
    return await members.http.put(f"/bodies/{body}", json=given, headers=headers)


async def joined(members: Running, number: str, body: str) -> UUID:
    given = {"membership_number": number, "given_name": "Ann", "family_name": "Lee", "memberships": [{"body": body}]}
    answer = await members.http.post("/members", json=given)
    assert answer.status_code == 201, answer.text
    return UUID(answer.json()["member_id"])


async def snapshot(world: World, member_id: UUID, version: int) -> MemberChanged:
    def versions(events: list[Any]) -> list[Any]:
        return [
            item.event
            for item in events
            if getattr(item.event, "member_id", None) == member_id and item.event.version >= version
        ]

    found = versions(await world.received(topics.MEMBERS, lambda events: bool(versions(events))))
    assert isinstance(found[0], MemberChanged)
    return found[0]


async def test_a_moved_branch_takes_its_members_along(members: Running, world: World) -> None:
    await put(members, "south", "region", "union", "South")
    await put(members, "bath", "branch", "north", "Bath")
    await put(members, "bath-college", "workplace", "bath")
    ann = await joined(members, "B1", "bath-college")
    moved = await put(members, "bath", "branch", "south", "Bath and Wells", tag='"1"')
    assert (moved.status_code, moved.headers["etag"], moved.json()["path"]) == (200, '"2"', ["union", "south", "bath"])
    below = await pages(members.http, "/bodies", "after", "bodies", under="south", limit=2)
    assert [body["id"] for body in below] == ["bath", "bath-college", "south"]
    place = (await snapshot(world, ann, 2)).memberships[0]
    assert place.path == ("union", "south", "bath", "bath-college")
    assert (place.region, place.region_name, place.branch_name) == ("south", "South", "Bath and Wells")
    history = (await members.http.get(f"/members/{ann}/history")).json()["entries"]
    assert [entry["what"] for entry in history] == ["created", "body changed"]


async def test_a_change_needs_the_version_and_the_same_words_again_change_nothing(members: Running) -> None:
    assert (await put(members, "ripon", "branch", "north", "Ripon")).status_code == 201
    same = await put(members, "ripon", "branch", "north", "Ripon")
    assert (same.status_code, same.headers["etag"]) == (200, '"1"')
    assert (await put(members, "ripon", "branch", "north", "Other")).status_code == 428
    assert (await put(members, "ripon", "branch", "north", "Other", tag='"2"')).status_code == 412
    assert (await put(members, "nowhere", "branch", "north", "Other", tag='"1"')).status_code == 412


@pytest.mark.parametrize(
    ("body", "kind", "parent"),
    [
        ("x", "branch", None),
        ("x", "branch", "atlantis"),
        ("x", "branch", "leeds"),
        ("x", "region", "leeds"),
        ("x", "workplace", "north"),
        ("x", "union", "union"),
        ("x", "guild", "union"),
    ],
)
async def test_a_body_stands_only_where_its_kind_may(
    members: Running, body: str, kind: str, parent: str | None
) -> None:
    answer = await put(members, body, kind, parent)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"] in {"parent", "kind"}
    assert (await members.http.get(f"/bodies/{body}")).status_code == 404


async def test_there_is_one_union(members: Running) -> None:
    assert (await put(members, "rival", "union", None)).status_code == 409


async def test_a_body_goes_only_when_nothing_stands_under_it(members: Running) -> None:
    await put(members, "hull", "branch", "north")
    await put(members, "hull-docks", "workplace", "hull")
    gone: dict[str, str] = {"If-Match": "*"}
    assert (await members.http.delete("/bodies/hull", headers=gone)).status_code == 409
    assert (await members.http.delete("/bodies/hull-docks")).status_code == 428
    assert (await members.http.delete("/bodies/hull-docks", headers=gone)).status_code == 204
    await joined(members, "B9", "hull")
    assert (await members.http.delete("/bodies/hull", headers=gone)).status_code == 409


async def test_a_token_of_a_branch_sees_its_own_line_of_the_tree(members: Running, world: World) -> None:
    answer = await members.http.get("/bodies", headers=world.headers(branch="leeds"))
    assert [body["id"] for body in answer.json()["bodies"]] == ["leeds", "leeds-city-college", "north", "union"]
