"""A summary's figures do not depend on how many groups of members are read at a time."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from chassis.clock import Clock
from chassis.db.database import Database
from chassis.http.auth import Caller
from chassis.wakeup import Wakeup
from segmenter.domain.audience_plan import AudiencePlan
from segmenter.domain.campaigns.definition import CampaignDefinition
from segmenter.domain.segments.conditions import BodyCondition
from segmenter.repository import audiences
from segmenter.service.base import Parts
from segmenter.service.campaigns.summaries import Summaries
from segmenter.settings import Settings

from tests.segmenter.union import Union
from tests.support.tokens import ALL_SCOPES
from tests.support.world import World

NAMES = ("Ann", "Siân", "Ŵyn", "", "Bo" * 80)


async def summarised(world: World, campaign_id: str, at_a_time: int) -> dict[str, Any]:
    """The figures of a summary that is made of so many groups at a time."""
    settings = world.settings(Settings, summary_batch=at_a_time)
    database = Database(world.database_url("segmenter"))
    caller = Caller(client_id="organiser", scopes=frozenset(ALL_SCOPES.split()), branch=None, token="")
    try:
        made = await Summaries(Parts(database, Clock(), settings, Wakeup())).compute(caller, UUID(campaign_id))
    finally:
        await database.close()
    return {name: value for name, value in made.model_dump().items() if name not in ("hash", "computed_at")}


async def test_figures_are_the_same_however_many_groups_are_rendered_at_a_time(world: World, union: Union) -> None:
    await union.joined_by(*(union.member(given_name=name) for name in (*NAMES, *NAMES[:2])))
    campaign = await union.campaign(channels={"rule": "all", "order": ["sms", "email"]})
    whole = await summarised(world, campaign["campaign_id"], 2000)
    assert (whole["audience_by_channel"], whole["not_renderable"]) == ({"sms": 7, "email": 7}, 2)
    assert (whole["sms"]["encodings"], whole["sms"]["parts"]) == ({"GSM-7": 3, "UCS-2": 3}, 7)
    for at_a_time in (1, 2, 3):
        assert await summarised(world, campaign["campaign_id"], at_a_time) == whole


@pytest.mark.parametrize("at_a_time", [1, 2, 3])
async def test_no_more_groups_are_in_memory_than_are_rendered_at_a_time(
    world: World, union: Union, at_a_time: int
) -> None:
    await union.joined_by(*(union.member(given_name=name) for name in NAMES))
    definition = CampaignDefinition.model_validate(await union.draft())
    plan = AudiencePlan(definition, BodyCondition(bodies=(union.name,)), datetime.now(UTC).date())
    database = Database(world.database_url("segmenter"))
    async with database.transaction() as session:
        batches = [rows async for rows in audiences.groups(session, plan, ["given_name"], at_a_time)]
    await database.close()
    assert sorted(row.values["given_name"] for rows in batches for row in rows) == sorted(NAMES)
    full, left = divmod(len(NAMES), at_a_time)
    assert [len(rows) for rows in batches] == [at_a_time] * full + [left] * bool(left)
