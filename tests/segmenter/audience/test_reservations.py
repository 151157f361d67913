"""What a frozen audience will send counts under the fatigue cap until it is sent or given up."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from segmenter.app import build
from segmenter.domain.audience_plan import AudiencePlan, FatigueCap
from segmenter.domain.campaigns.definition import CampaignDefinition
from segmenter.domain.segments.conditions import BodyCondition
from segmenter.models import deliveries
from segmenter.repository import audiences
from sqlalchemy import update

from tests.segmenter.audience.halted import Halted, approved
from tests.segmenter.audience.long_freeze import freeze_held_open
from tests.segmenter.union import Union
from tests.support.facts import eventually


@asynccontextmanager
async def capped(halted: Halted, most: int = 1) -> AsyncIterator[Union]:
    halted.settings = halted.settings.model_copy(update={"fatigue_messages": most})
    async with halted.world.running(build, halted.settings) as client:
        yield Union(halted.world, client)


class Later:
    """A campaign that is not launched: whom its audience would leave out."""

    def __init__(self, halted: Halted, union: Union, definition: dict[str, Any]) -> None:
        self.database, self.definition = halted.database, CampaignDefinition.model_validate(definition)
        self.rule = BodyCondition(bodies=(union.name,))

    async def audience(self, most: int = 1, now: datetime | None = None) -> dict[str | None, int]:
        now = now or datetime.now(UTC)
        cap = FatigueCap.of(self.definition, now, most=most, days=30)
        async with self.database.transaction() as session:
            plan = AudiencePlan(self.definition, self.rule, now.date(), cap)
            return await audiences.count_by_skip_reason(session, plan)


async def test_two_audiences_frozen_at_the_same_moment_do_not_both_take_a_members_last_place(halted: Halted) -> None:
    async with capped(halted) as union:
        (member,) = await union.joined_by(union.member())
        slow, quick, urgent = await approved(union), await approved(union), await approved(union, urgent=True)
    async with freeze_held_open(halted.database, slow) as waits:
        await halted.launch(slow)
        freezing = asyncio.create_task(halted.step()[0].freeze_next())
        await eventually(waits)
        for campaign_id in (quick, urgent):
            await halted.launch(campaign_id)
            assert await halted.step()[0].freeze_next(), "another replica"
    assert await freezing
    assert [await halted.frozen(each) for each in (quick, urgent, slow)] == [
        {member.member_id: None},
        {member.member_id: None},
        {member.member_id: "fatigue"},
    ]


async def test_what_is_reserved_counts_until_the_campaign_is_cancelled_or_expires(halted: Halted) -> None:
    async with capped(halted) as union:
        await union.joined_by(union.member(), union.member(sms=False))
        first, both = await approved(union), await approved(union, channels={"rule": "all", "order": ["sms", "email"]})
        later = Later(halted, union, await union.draft())
    assert await later.audience() == {None: 2}
    await halted.launch(first)
    assert await halted.step()[0].freeze_next()
    assert await later.audience() == {"fatigue": 2}
    assert await later.audience(most=2) == {None: 2}
    assert await later.audience(now=datetime.now(UTC) + timedelta(days=8)) == {None: 2}, "it has expired"
    await halted.pause(first)
    assert await later.audience() == {"fatigue": 2}, "it may be resumed"
    await halted.change(first, state="cancelled")
    assert await later.audience() == {None: 2}
    await halted.launch(both)
    assert await halted.step()[0].freeze_next()
    assert await later.audience(most=2) == {"fatigue": 1, None: 1}, "one is reached on two channels at once"


async def test_what_was_asked_for_counts_once_and_no_more_when_it_was_not_sent(halted: Halted) -> None:
    async with capped(halted) as union:
        await union.joined_by(union.member())
        campaign_id = await union.launch(str((await union.campaign())["campaign_id"]))
        await union.requests(campaign_id, 1)
        later = Later(halted, union, await union.draft())
    assert await later.audience() == {"fatigue": 1}
    assert await later.audience(most=2) == {None: 1}
    counted = {}
    for status in ("accepted", "undelivered", "skipped", "rejected", "expired"):
        one = deliveries.c.campaign_id == UUID(campaign_id)
        async with halted.database.transaction() as session:
            await session.execute(update(deliveries).where(one).values(status=status))
        counted[status] = await later.audience() == {"fatigue": 1}
    assert counted == {"accepted": True, "undelivered": True, "skipped": False, "rejected": False, "expired": False}
