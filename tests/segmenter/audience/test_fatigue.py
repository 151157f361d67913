"""The cap on what one member gets."""

from datetime import UTC, datetime

from chassis.db.database import Database
from contracts.enums import Purpose
from segmenter.domain.audience_plan import AudiencePlan, FatigueCap
from segmenter.domain.campaigns.definition import CampaignDefinition
from segmenter.domain.segments.conditions import BodyCondition
from segmenter.repository import audiences

from tests.segmenter.union import Union
from tests.support.world import World


async def test_who_got_enough_is_left_alone_unless_it_is_urgent(union: Union, world: World) -> None:
    await union.joined_by(union.member(), union.member(consents=()))
    earlier = await union.campaign()
    await union.requests(await union.launch(earlier["campaign_id"]), 1)
    await union.joined_by(union.member())
    definition = CampaignDefinition.model_validate(await union.draft())
    now = datetime.now(UTC)
    database = Database(world.database_url("segmenter"))

    async def skipped(definition: CampaignDefinition, most: int) -> dict[str | None, int]:
        fatigue = FatigueCap.of(definition, now, most=most, days=7)
        plan = AudiencePlan(definition, BodyCondition(bodies=(union.name,)), now.date(), fatigue)
        async with database.transaction() as session:
            return await audiences.count_by_skip_reason(session, plan)

    assert await skipped(definition, 1) == {"fatigue": 1, "no_consent": 1, None: 1}
    assert await skipped(definition, 2) == {"no_consent": 1, None: 2}
    assert await skipped(definition.model_copy(update={"urgent": True}), 1) == {"no_consent": 1, None: 2}
    emergency = definition.model_copy(update={"purpose": Purpose.EMERGENCY})
    assert await skipped(emergency, 1) == {"fatigue": 1, "no_consent": 2}
    await database.close()
