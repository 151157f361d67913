"""A segmenter that is not running, and its freezing step by hand."""

import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from chassis.clock import Clock
from chassis.db.database import Database
from chassis.kafka.catch_up import CatchUp
from chassis.kafka.producer import Kafka
from chassis.wakeup import Wakeup
from contracts.topics import Topic
from segmenter.models import audience, campaigns
from segmenter.service.audiences import Audiences
from segmenter.service.base import Parts
from segmenter.settings import Settings
from sqlalchemy import select, update

from tests.segmenter.union import NOW, Union
from tests.support.world import World


@dataclass
class Watched(CatchUp):
    """A reading that notes which topics were waited for, and the connections that were held meanwhile."""

    broker: Kafka
    database: Database
    topics: list[str] = field(default_factory=list)
    held: list[int] = field(default_factory=list)
    meanwhile: Callable[[], Awaitable[None]] | None = None

    def __post_init__(self) -> None:
        super().__init__(self.broker, self.database)

    async def gets_past(self, group: str, topic: Topic, ends: Mapping[int, int], *, within: float) -> bool:
        self.topics.append(topic.name)
        self.held.append(self.database.engine.pool.checkedout())  # type: ignore[attr-defined]
        if self.meanwhile is not None:
            await self.meanwhile()
        return await super().gets_past(group, topic, ends, within=within)


@dataclass
class Halted:
    """A segmenter that is not running: its database, and its freezing step by hand."""

    world: World
    settings: Settings
    database: Database

    def step(self, settings: Settings | None = None) -> tuple[Audiences, Watched]:
        reading = Watched(Kafka(settings or self.settings), self.database)
        return Audiences(Parts(self.database, Clock(), self.settings, Wakeup()), reading, patience=0.5), reading

    async def launch(self, campaign_id: str) -> None:
        """As if it had been launched while no replica could freeze it."""
        values = {"state": "launched", "launched_on": NOW.date()}
        await self.change(campaign_id, **values)

    async def pause(self, campaign_id: str) -> None:
        await self.change(campaign_id, state="paused")

    async def change(self, campaign_id: str, **values: Any) -> None:
        one = campaigns.c.campaign_id == uuid.UUID(campaign_id)
        async with self.database.transaction() as session:
            await session.execute(update(campaigns).where(one).values(**values))

    async def frozen(self, campaign_id: str) -> dict[uuid.UUID, str | None] | None:
        """The audience with the reasons of those left out; None while there is none."""
        one = campaigns.c.campaign_id == uuid.UUID(campaign_id)
        those = audience.c.campaign_id == uuid.UUID(campaign_id)
        async with self.database.transaction() as session:
            if await session.scalar(select(campaigns.c.frozen_at).where(one)) is None:
                return None
            rows = (await session.execute(select(audience.c.member_id, audience.c.skip_reason).where(those))).all()
        return {row.member_id: row.skip_reason for row in rows}


async def approved(union: Union, **values: Any) -> str:
    """A campaign that needs nothing but its launch."""
    campaign_id = str((await union.campaign(**values))["campaign_id"])
    confirmed = {"summary": (await union.summary(campaign_id))["hash"]}
    answer = await union.client.post(f"/campaigns/{campaign_id}/approve", json=confirmed)
    assert answer.status_code == 200, answer.text
    return campaign_id
