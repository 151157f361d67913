"""A text sent by one service and answered in another."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import ballot.app
import ballot.settings
import httpx
from chassis.app import Application

from tests.dispatch_sms.house import NOON, House, house_in
from tests.support.answers import http_client
from tests.support.facts import eventually
from tests.support.world import World

_POLL: dict[str, Any] = {
    "title": "Have you voted?",
    "question": "Text VOTED or NOT YET.",
    "body": "union",
    "options": [{"label": "Voted", "effect": "voted"}, {"label": "Not yet", "effect": "keep_chasing"}],
}


@dataclass
class Desk:
    """Ballot and dispatch-sms on one Kafka, with clocks that are moved together."""

    house: House
    ballot: Application
    client: httpx.AsyncClient

    def advance(self, span: timedelta) -> None:
        self.house.clock.advance(span)
        self.ballot.clock.advance(span)

    async def opened(self, closes_in: timedelta, roll: int) -> uuid.UUID:
        """An open poll of the union, once that many are on its roll."""
        await eventually(lambda: self._size(), until=lambda size: size == roll)
        poll = _POLL | {"closes_at": (NOON + closes_in).isoformat()}
        made = (await self.client.post("/polls", json=poll)).raise_for_status().json()
        (await self.client.post(f"/polls/{made['poll_id']}/open")).raise_for_status()
        return uuid.UUID(made["poll_id"])

    async def _size(self) -> int:
        return int((await self.client.get("/electorates/union")).raise_for_status().json()["members"])

    async def result(self, poll_id: uuid.UUID) -> dict[str, int]:
        seen = (await self.client.get(f"/polls/{poll_id}/result")).raise_for_status().json()
        return {name: seen[name] for name in ("received", "counted", "late")}


@asynccontextmanager
async def _desk(world: World, folder: Path) -> AsyncIterator[Desk]:
    settings = world.settings(ballot.settings.Settings, clock_start=NOON, count_grace_seconds=0, scheduler_seconds=0.1)
    application = ballot.app.build(settings)
    async with (
        application.serving() as url,
        house_in(world, folder, ballot_url=url) as house,
        http_client("ballot", url, headers=world.headers()) as client,
    ):
        yield Desk(house, application, client)


async def test_answers_after_the_campaigns_end_and_before_the_polls_closing_count(
    own_world: World, tmp_path: Path
) -> None:
    async with _desk(own_world, tmp_path) as desk:
        house, numbers = desk.house, ("+447700911041", "+447700911042")
        texting, following = [await house.member(number) for number in numbers]
        poll_id = await desk.opened(timedelta(hours=2), roll=2)
        campaign = await house.campaign(
            "{{ poll_link }}",
            poll_id=poll_id,
            expires_at=NOON + timedelta(minutes=30),
            poll_closes_at=NOON + timedelta(hours=2),
        )
        sent = [await house.ask(member, campaign) for member in (texting, following)]
        await asyncio.gather(*(house.told(delivery, "delivered") for delivery in sent))
        desk.advance(timedelta(hours=1))
        await house.text(numbers[0], "Voted!")
        link = house.sent(sent[1])[0]["body"]
        assert link.startswith("http")
        async with http_client("ballot", desk.client.base_url) as browser:
            (await browser.post(link, data={"option": "voted"})).raise_for_status()
        await eventually(
            lambda: desk.result(poll_id), until=lambda seen: seen == {"received": 2, "counted": 2, "late": 0}
        )
