"""What operators may see and do."""

import pytest

from tests.dispatch_sms.house import House
from tests.support.answers import http_client


def bearer(house: House, scopes: str, branch: str | None = None) -> dict[str, str]:
    return house.world.headers(scopes, branch=branch)


async def test_suppressions_are_counted_by_what_made_them(house: House) -> None:
    before = (await house.client.get("/suppressions")).raise_for_status().json()
    await house.text("+447700913021", "STOP")
    for _ in range(2):
        await house.client.post("/suppressions", json={"address": "+447700913022"})
    after = (await house.client.get("/suppressions")).raise_for_status().json()
    assert after == before | {"keyword": before.get("keyword", 0) + 1, "operator": before.get("operator", 0) + 1}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"address": "07700 900123"}, "address"),
        ({"address": "+44"}, "address"),
        ({"address": "nia@example.org"}, "address"),
        ({"address": 447700900123}, "address"),
        ({}, "address"),
        ({"address": "+447700900123", "reason": "asked"}, "reason"),
    ],
)
async def test_a_bad_number_gets_a_clear_answer(house: House, body: dict[str, object], field: str) -> None:
    answer = await house.client.post("/suppressions", json=body)
    assert answer.status_code == 422
    assert [fault["field"] for fault in answer.json()["errors"]] == [field]
    assert "7700" not in answer.text


async def test_a_number_needs_the_scope_and_the_whole_union(house: House) -> None:
    number = {"address": "+447700913023"}
    for headers in (bearer(house, "deliveries:read"), bearer(house, "suppressions:write", "gwynedd")):
        assert (await house.client.post("/suppressions", json=number, headers=headers)).status_code == 403
    assert (
        await house.client.get("/suppressions", headers=bearer(house, "deliveries:read", "gwynedd"))
    ).status_code == 403
    async with http_client("dispatch_sms", house.client.base_url) as stranger:
        assert (await stranger.get("/suppressions")).status_code == 401


async def test_an_operator_lets_a_bad_address_be_written_to_again(house: House) -> None:
    number = "+447700913025"
    await house.fault("sms.outcome", number, outcome="21614", count=1)
    campaign = await house.campaign()
    member = await house.member(number)
    await house.told(await house.ask(member, campaign), "rejected")
    skipped = await house.ask(member, await house.campaign())
    assert (await house.state(skipped, "skipped")).reason == "bad_contact"
    body = {"address": "+44 7700 913025"}
    for headers in (bearer(house, "deliveries:read"), bearer(house, "suppressions:write", "gwynedd")):
        refused = await house.client.request("DELETE", "/bad-addresses", json=body, headers=headers)
        assert refused.status_code == 403
    assert (await house.client.request("DELETE", "/bad-addresses", json=body)).status_code == 204
    again = await house.client.request("DELETE", "/bad-addresses", json=body)
    assert (again.status_code, "913025" in again.text) == (404, False)
    await house.told(await house.ask(member, await house.campaign()), "delivered")


async def test_an_operators_word_is_said_like_a_stop(house: House) -> None:
    member = await house.member("+447700913026")
    await house.told(await house.ask(member, await house.campaign()), "delivered")
    await house.client.post("/suppressions", json={"address": "+447700913026"})
    (reply,) = await house.replies("+447700913026")
    assert (reply.intent, reply.text, reply.member_id) == ("stop", "", member.member_id)


async def test_a_members_history_names_attempts_consent_and_outcome(house: House) -> None:
    """One delivered, one skipped and one answered."""
    member = await house.member("+447700913024")
    campaign = await house.campaign(poll_id=house.settings.ids.event("poll"))
    delivered = await house.ask(member, campaign)
    await house.told(delivered, "delivered")
    await house.text("+447700913024", "yes")
    await house.text("+447700913024", "STOP")
    skipped = await house.ask(member, await house.campaign())
    await house.told(skipped, "skipped")
    answer = await house.client.get(f"/members/{member.member_id}/history")
    assert answer.status_code == 200
    assert str(delivered) in answer.text
    assert str(skipped) in answer.text
    assert str(member.consents[0].consent_id) in answer.text
    for word in ("delivered", "suppressed", str(campaign.campaign_id)):
        assert word in answer.text
    assert "+447700913024" not in answer.text
