"""Test sends: only to named staff, with the scope, a few an hour, once an id; and who may compute a summary."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import httpx
import pytest
from contracts import topics
from contracts.events.members import MemberChanged, MemberErased
from segmenter.app import build
from segmenter.settings import Settings

from tests.segmenter.union import Union
from tests.support.facts import eventually
from tests.support.paging import pages
from tests.support.world import World


async def named(union: Union, *staff: MemberChanged) -> None:
    for member in staff:
        answer = await union.client.put(f"/test-staff/{member.member_id}")
        assert answer.status_code == 204, answer.text


async def try_out(
    union: Union,
    campaign_id: str,
    *members: MemberChanged,
    test_id: UUID | None = None,
    headers: dict[str, str] | None = None,
) -> httpx.Response:
    body = {"test_id": str(test_id or uuid4()), "member_ids": [str(member.member_id) for member in members]}
    return await union.client.post(f"/campaigns/{campaign_id}/tests", json=body, headers=headers)


async def test_a_test_send_reaches_staff_and_is_counted_apart(union: Union) -> None:
    staff, *_ = await union.joined_by(union.member(), union.member())
    await named(union, staff)
    campaign_id = (await union.campaign())["campaign_id"]
    answer = await try_out(union, campaign_id, staff)
    assert answer.status_code == 202, answer.text
    test_id = answer.json()["campaign_id"]
    (request,) = await union.requests(test_id, 1)
    assert request.member_id == staff.member_id
    said = await union.world.received(
        topics.CAMPAIGNS, lambda received: any(one.subject == test_id for one in received)
    )
    (launched,) = [one.event for one in said if one.subject == test_id]
    assert str(launched.test_of) == campaign_id  # type: ignore[attr-defined]
    await union.publish_status(request, "delivered", rev=2, test=True)
    (tried,) = await eventually(
        lambda: union.tests_of(campaign_id), until=lambda seen: seen and seen[0]["state"] == "completed"
    )
    assert (tried["test"], tried["by_status"]) == (True, {"delivered": 1})
    progress = await union.progress(campaign_id)
    assert (progress["state"], progress["requested"]) == ("draft", 0)
    listed = (await union.client.get("/campaigns", params={"limit": 200})).json()["items"]
    assert test_id not in [one["campaign_id"] for one in listed]


async def test_a_test_goes_to_nobody_who_was_not_named_in_advance(union: Union) -> None:
    staff, stranger = await union.joined_by(union.member(), union.member())
    await named(union, staff)
    campaign_id = (await union.campaign())["campaign_id"]
    refused = await try_out(union, campaign_id, staff, stranger)
    assert refused.status_code == 422
    assert refused.json()["errors"] == [{"field": "member_ids.1", "reason": "is not on the list of test staff"}]
    assert (await union.client.delete(f"/test-staff/{staff.member_id}")).status_code == 204
    assert (await try_out(union, campaign_id, staff)).status_code == 422
    assert await union.tests_of(campaign_id) == []


async def test_a_test_is_for_a_few(union: Union) -> None:
    members = await union.joined_by(*(union.member() for _ in range(21)))
    await named(union, *members)
    campaign_id = (await union.campaign())["campaign_id"]
    many = await try_out(union, campaign_id, *members)
    assert (many.status_code, many.json()["errors"][0]["field"]) == (422, "member_ids")
    nobody = await try_out(union, campaign_id)
    assert (nobody.status_code, nobody.json()["errors"][0]["field"]) == (422, "member_ids")


async def test_the_same_test_again_sends_nothing_and_gives_the_same_answer(union: Union) -> None:
    one, other = await union.joined_by(union.member(), union.member())
    await named(union, one, other)
    campaign_id, test_id = (await union.campaign())["campaign_id"], uuid4()
    answers = await asyncio.gather(*(try_out(union, campaign_id, one, other, test_id=test_id) for _ in range(4)))
    assert {answer.status_code for answer in answers} == {202}
    first, *others = [answer.json() for answer in answers]
    assert others == [first] * 3
    assert first["recipients"] == 2
    assert len(await union.tests_of(campaign_id)) == 1
    different = await try_out(union, campaign_id, one, test_id=test_id)
    assert (different.status_code, different.json()["errors"][0]["field"]) == (422, "test_id")
    await union.launch(campaign_id)
    assert (await try_out(union, campaign_id, other, one, test_id=test_id)).json() == first
    assert (await try_out(union, campaign_id, one)).status_code == 409


async def test_testing_and_naming_staff_have_scopes_of_their_own(union: Union) -> None:
    (staff,) = await union.joined_by(union.member())
    campaign_id = (await union.campaign())["campaign_id"]
    writer = union.world.headers("campaigns:write campaigns:read")
    assert "staff:write" in (await union.client.put(f"/test-staff/{staff.member_id}", headers=writer)).text
    assert "campaigns:test" in (await try_out(union, campaign_id, staff, headers=writer)).text
    of_branch = union.world.headers(branch=f"{union.name}-a")
    assert (await union.client.put(f"/test-staff/{staff.member_id}", headers=of_branch)).status_code == 403
    assert (await union.client.put(f"/test-staff/{uuid4()}")).status_code == 404


async def test_an_erased_member_is_no_staff_any_more(union: Union) -> None:
    (staff,) = await union.joined_by(union.member())
    await named(union, staff)

    async def listed() -> bool:
        items = await pages(union.client, "/test-staff", "after", limit=1)
        return str(staff.member_id) in {item["member_id"] for item in items}

    assert await listed()
    await union.publish(topics.MEMBERS, staff.member_id, MemberErased(member_id=staff.member_id, version=2))
    await eventually(listed, until=lambda found: not found)


@pytest.fixture
async def sparing(own_world: World) -> AsyncIterator[tuple[World, httpx.AsyncClient]]:
    """A segmenter of its own that sends two tests an hour."""
    async with own_world.running(build, own_world.settings(Settings, tests_per_hour=2)) as client:
        yield own_world, client


async def test_no_more_tests_are_sent_in_an_hour_than_is_set(sparing: tuple[World, httpx.AsyncClient]) -> None:
    union = Union(*sparing)
    (staff,) = await union.joined_by(union.member())
    await named(union, staff)
    campaigns = [(await union.campaign())["campaign_id"] for _ in range(4)]
    answers = await asyncio.gather(*(try_out(union, campaign_id, staff) for campaign_id in campaigns))
    assert sorted(answer.status_code for answer in answers) == [202, 202, 429, 429]
    late = next(answer for answer in answers if answer.status_code == 429)
    assert 3500 < float(late.headers["Retry-After"]) <= 3600
    assert "at most 2 tests" in late.json()["detail"]


async def test_who_only_reads_campaigns_does_not_replace_the_summary_that_was_approved(union: Union) -> None:
    await union.joined_by(union.member())
    campaign_id = (await union.campaign())["campaign_id"]
    path, reader = f"/campaigns/{campaign_id}", union.world.headers("campaigns:read")
    assert (await union.client.get(f"{path}/summary", headers=reader)).status_code == 404
    shown = await union.summary(campaign_id)
    confirmed = {"summary": shown["hash"]}
    assert (await union.client.post(f"{path}/approve", json=confirmed)).status_code == 200
    refused = await union.client.post(f"{path}/summary", headers=reader)
    assert (refused.status_code, "campaigns:write" in refused.json()["detail"]) == (403, True)
    seen = (await union.client.get(f"{path}/summary", headers=reader)).json()
    assert (seen["hash"], seen["recipients"]) == (shown["hash"], 1)
    assert (await union.client.post(f"{path}/launch", json=confirmed)).status_code == 200
