"""The segmenter's database restored from a backup: a stop, and a campaign's end, are neither forgotten nor ignored."""

from typing import Any

import httpx
from contracts import topics
from contracts.events.campaigns import CampaignEvent, SendingStopped
from segmenter.app import build
from segmenter.settings import Settings

from tests.segmenter.union import Union
from tests.support.facts import eventually
from tests.support.world import World


async def said(http: httpx.AsyncClient, path: str, **body: str) -> dict[str, Any]:
    answer = await http.post(path, json=body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def told(world: World, campaign_id: str, version: int, stop: int) -> None:
    """Until the topic holds these versions."""

    def there(found: list[Any]) -> bool:
        events = [one.event for one in found]
        stops = {event.version for event in events if isinstance(event, SendingStopped)}
        steps = {
            event.version
            for event in events
            if isinstance(event, CampaignEvent) and str(event.campaign_id) == campaign_id
        }
        return version in steps and (stop in stops or not stop)

    await world.received(topics.CAMPAIGNS, there, within=60)


async def test_a_restored_segmenter_takes_over_the_stop_and_a_campaigns_end_and_is_heard_again(
    own_world: World,
) -> None:
    settings = own_world.settings(Settings)
    server, name = own_world.databases.server, settings.database_url.rsplit("/", 1)[1]
    async with own_world.running(build, settings) as http:
        union = Union(own_world, http)
        await union.joined_by(union.member())
        campaign = await union.launched()
        launched = (await http.get(f"/campaigns/{campaign}")).json()["version"]
        await told(own_world, campaign, launched, 0)
    backup = await server.database(f"{name}_backup", template=name)
    async with own_world.running(build, settings) as http:
        await said(http, "/sending/stop", reason="wrong list")
        await said(http, "/sending/lift", reason="mended")
        await said(http, "/sending/stop", reason="wrong list again")
        await http.post(f"/campaigns/{campaign}/pause")
        ended = await http.post(f"/campaigns/{campaign}/cancel")
        assert ended.json()["state"] == "cancelled", ended.text
        await told(own_world, campaign, ended.json()["version"], 3)
    restored = settings.model_copy(update={"database_url": backup})
    async with own_world.running(build, restored) as http:

        async def state() -> tuple[str, int]:
            now = (await http.get(f"/campaigns/{campaign}")).json()
            return now["state"], now["version"]

        await eventually(state, within=60, until=lambda seen: seen == ("cancelled", ended.json()["version"]))
        present = (await http.get("/sending")).json()
        assert (present["stopped"], present["version"]) == (True, 3)
        assert (await said(http, "/sending/lift", reason="all is well"))["version"] == 4
        await told(own_world, campaign, launched, 4)
