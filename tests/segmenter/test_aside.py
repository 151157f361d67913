"""A campaign that a bug of ours stands before waits alone; the others go on, and so does the process."""

import uuid
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from chassis.database import Database
from chassis.errors import Unavailable
from chassis.metrics import Metrics
from segmenter.app import build
from segmenter.models import campaigns, shards
from segmenter.service.aside import Aside
from segmenter.settings import Settings
from sqlalchemy import insert, select, update
from structlog.testing import capture_logs

from tests.segmenter.given import NOW, Union
from tests.support.facts import eventually
from tests.support.world import World

SAID = "a campaign waits until this is mended"
LAUNCHED = {"state": "launched", "launched_on": NOW.date()}
FROZEN = LAUNCHED | {"frozen_at": NOW, "audience_size": 1}
EXPIRED = FROZEN | {"expires_at": NOW - timedelta(days=30)}
MET_BY: dict[str, dict[str, Any]] = {
    "scheduled start": {"starts_at": NOW},
    "freezing": LAUNCHED,
    "fan-out": FROZEN,
    "completion": EXPIRED,
}
"""What a stored campaign looks like when a step meets it."""


@pytest.fixture
async def settings(own_world: World) -> Settings:
    return own_world.settings(Settings, approval_above=1000, completion_seconds=0.2)


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    database = Database(settings.database_url)
    yield database
    await database.close()


async def approved(union: Union) -> uuid.UUID:
    campaign_id = str((await union.campaign())["campaign_id"])
    confirmed = {"summary": (await union.summary(campaign_id))["hash"]}
    answer = await union.client.post(f"/campaigns/{campaign_id}/approve", json=confirmed)
    assert answer.status_code == 200, answer.text
    return uuid.UUID(campaign_id)


async def changed(database: Database, campaign_id: uuid.UUID, **values: Any) -> None:
    async with database.transaction() as session:
        await session.execute(update(campaigns).where(campaigns.c.campaign_id == campaign_id).values(**values))
        if "frozen_at" in values:
            shard = {"campaign_id": campaign_id, "shard": 0, "checkpoint": 0, "prepared": 0, "last": 1}
            await session.execute(insert(shards).values(**shard, done="expires_at" in values))


@pytest.mark.parametrize("step", MET_BY)
async def test_a_stored_campaign_that_cannot_be_read_holds_up_no_other(
    own_world: World, settings: Settings, database: Database, step: str
) -> None:
    async with own_world.running(build, settings) as client:
        union = Union(own_world, client)
        await union.joined_by(union.member())
        broken, good = await approved(union), await approved(union)
    await changed(database, broken, definition={}, urgent=True, **MET_BY[step])
    await changed(database, good, **LAUNCHED)
    fanned_out = select(shards.c.done).where(shards.c.campaign_id == good)

    async def over() -> bool:
        async with database.transaction() as session:
            return bool(await session.scalar(fanned_out))

    with capture_logs() as lines:

        def told() -> list[tuple[str, str]]:
            return [(line["step"], line["campaign_id"]) for line in lines if line["event"] == SAID]

        async with own_world.running(build, settings):
            await eventually(told)
            await eventually(over, within=60)
    assert set(told()) == {(step, str(broken))}  # two workers may meet it at the same time


def test_it_is_tried_again_after_a_while_and_what_is_about_no_campaign_is_raised() -> None:
    metrics, campaign = Metrics(), uuid.uuid4()
    aside = Aside(metrics)
    for _ in range(2):
        with aside.guard("freezing", campaign):
            raise ZeroDivisionError
        assert aside.campaigns == {campaign}
    assert metrics.registry.get_sample_value("campaign_faults_total", {"step": "freezing"}) == 2
    with aside.guard("freezing", campaign):
        pass
    assert aside.campaigns == frozenset()
    with pytest.raises(ZeroDivisionError), aside.guard("fan-out"):
        raise ZeroDivisionError
    with pytest.raises(Unavailable), aside.guard("fan-out", campaign):
        raise Unavailable("the database does not answer")
    assert aside.campaigns == frozenset()
