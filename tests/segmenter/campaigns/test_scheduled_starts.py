"""A confirmed start that is wrong at its time is blocked; one that was missed is made up until it expires."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from contracts import topics
from contracts.events.campaigns import CampaignLaunched
from segmenter.app import build
from segmenter.settings import Settings

from tests.segmenter.union import Union
from tests.support.facts import eventually
from tests.support.world import World

MINUTE = timedelta(minutes=1)


@asynccontextmanager
async def after_the_start(union: Union, settings: Settings) -> AsyncIterator[tuple[Union, Any]]:
    """The segmenter started anew, its clock 25 minutes on; and its metrics."""
    application = build(settings.model_copy(update={"clock_start": datetime.now(UTC) + 25 * MINUTE}))
    async with union.world.running(lambda _: application, settings) as client:
        there = Union(union.world, client, name=union.name, members=union.members)
        yield there, application.metrics.registry.get_sample_value


async def scheduled(union: Union, **values: Any) -> str:
    """A campaign whose start in 20 minutes is confirmed."""
    starts_at = values.pop("starts_at", datetime.now(UTC) + 20 * MINUTE)
    return await union.launched(starts_at=starts_at.isoformat(), **values)


async def campaign(union: Union, campaign_id: str, state: str) -> dict[str, Any]:
    """The campaign, once it is in this state."""

    async def look() -> dict[str, Any]:
        return dict((await union.client.get(f"/campaigns/{campaign_id}")).json())

    found: dict[str, Any] = await eventually(look, until=lambda seen: seen["state"] == state)
    return found


async def test_a_start_whose_audience_grew_is_blocked_and_goes_on_by_a_new_confirmation(own_world: World) -> None:
    settings = own_world.settings(Settings, audience_growth_members=0)
    async with own_world.running(build, settings) as client:
        union = Union(own_world, client)
        await union.joined_by(*(union.member() for _ in range(40)))
        grown = await scheduled(union)
        expired = await scheduled(union, expires_at=(datetime.now(UTC) + 21 * MINUTE).isoformat())
        await union.joined_by(union.member())
    async with after_the_start(union, settings) as (union, metric):
        seen = await campaign(union, grown, "blocked")
        assert (seen["scheduled"], seen["blocked_reason"]) == (False, "the audience has grown from 40 to 41")
        late = await campaign(union, expired, "blocked")
        assert "expires_at: is in the past" in late["blocked_reason"]
        listed = (await union.client.get("/campaigns", params={"state": "blocked"})).json()["items"]
        assert {each["campaign_id"] for each in listed} == {grown, expired}
        await eventually(lambda: metric("campaigns_blocked") == 2)

        assert (await union.client.post(f"/campaigns/{expired}/cancel")).json()["state"] == "cancelled"
        confirmed = {"summary": (await union.summary(grown))["hash"]}
        assert (await union.client.post(f"/campaigns/{grown}/launch", json=confirmed)).status_code == 409
        approved = (await union.client.post(f"/campaigns/{grown}/approve", json=confirmed)).json()
        assert (approved["state"], approved["blocked_reason"]) == ("approved", None)
        past = await union.client.post(f"/campaigns/{grown}/launch", json=confirmed)
        assert past.status_code == 422
        assert "starts_at: is in the past" in past.json()["detail"]
        launched = await union.client.post(f"/campaigns/{grown}/launch", json={**confirmed, "now": True})
        assert launched.json()["state"] == "launched", launched.text
        await union.requests(grown, 41)
        await eventually(lambda: metric("campaigns_blocked") == 0)


async def test_a_missed_start_is_made_up_urgent_ones_first_and_says_how_late_it_was(own_world: World) -> None:
    settings = own_world.settings(Settings)
    async with own_world.running(build, settings) as client:
        union = Union(own_world, client)
        await union.joined_by(union.member(), union.member())
        first = await scheduled(union, starts_at=datetime.now(UTC) + 15 * MINUTE)
        urgent = await scheduled(union, urgent=True)
        await union.joined_by(union.member())  # fewer than the tolerance in members, more than that in shares
    async with after_the_start(union, settings) as (union, _):
        for campaign_id, minutes in ((first, 10), (urgent, 5)):
            late = (await campaign(union, campaign_id, "launched"))["late_seconds"]
            assert minutes * 60 - 60 < late < minutes * 60 + 240

        def launches(found: list[Any]) -> list[str]:
            return [str(one.event.campaign_id) for one in found if isinstance(one.event, CampaignLaunched)]

        found = await union.world.received(topics.CAMPAIGNS, lambda found: len(launches(found)) == 2)
        events = [one for one in found if isinstance(one.event, CampaignLaunched)]
        times = {one.subject: one.time for one in events if one.time}
        assert times[urgent] < times[first]


async def test_a_start_in_the_past_is_refused_when_it_is_written(union: Union) -> None:
    draft = await union.draft(starts_at=(datetime.now(UTC) - MINUTE).isoformat())
    answer = await union.client.post("/campaigns", json=draft)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "starts_at"
