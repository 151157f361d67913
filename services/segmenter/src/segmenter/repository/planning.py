"""A campaign's plan, counted, rendered by groups, and frozen."""

from collections.abc import AsyncGenerator, Sequence
from typing import Any
from uuid import UUID

from segmenter.domain.plan import Plan
from segmenter.models import audience
from segmenter.repository import erasing
from segmenter.repository.planned import VALUE_OF, planned
from sqlalchemy import (
    func,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlmodel.ext.asyncio.session import AsyncSession

_FROZEN = (
    "member_id",
    "member_version",
    "channels",
    "skip_reason",
    "branch",
    "region",
    "language",
    "merge",
    "consents",
    "matched",
)


async def skipped(session: AsyncSession, plan: Plan) -> dict[str | None, int]:
    """Members by the reason they are left out; None counts the recipients."""
    found = planned(plan).subquery()
    query = select(found.c.skip_reason, func.count().label("members")).group_by(found.c.skip_reason)
    return {row.skip_reason: row.members for row in (await session.execute(query)).all()}


async def groups(
    session: AsyncSession, plan: Plan, fields: Sequence[str], at_a_time: int
) -> AsyncGenerator[Sequence[Any], None]:
    """Recipients counted by channel, language and these merge values: whoever reads the same is one row.

    So many rows at a time, from a cursor: where each is greeted by name there are as many rows as members.
    """
    found = planned(plan).subquery()
    channel = func.unnest(found.c.channels) if plan.at_once else found.c.channels[1]
    values = [found.c[VALUE_OF[name]].label(f"merge_{name}") for name in fields]
    each = select(channel.label("channel"), found.c.language, *values).where(found.c.skip_reason.is_(None)).subquery()
    query = select(*each.c, func.count().label("members")).group_by(*each.c)
    result = await session.stream(query, execution_options={"yield_per": at_a_time})
    async for rows in result.partitions():
        yield rows


async def freeze(session: AsyncSession, campaign_id: UUID, plan: Plan) -> int:
    """Write the audience down in one statement; gives its size. Nobody erased meanwhile is in it."""
    await erasing.hold_off(session)
    found = planned(plan).subquery()
    place = func.row_number().over(order_by=found.c.member_id)
    query = select(literal(campaign_id), place, *(found.c[name] for name in _FROZEN))
    result = await session.execute(pg_insert(audience).from_select(["campaign_id", "ordinal", *_FROZEN], query))
    return result.rowcount  # type: ignore[attr-defined, no-any-return]


async def planned_skips(session: AsyncSession, campaign_id: UUID) -> dict[str, int]:
    """Members of a frozen audience who are left out, by reason."""
    query = (
        select(audience.c.skip_reason, func.count().label("members"))
        .where(audience.c.campaign_id == campaign_id, audience.c.skip_reason.is_not(None))
        .group_by(audience.c.skip_reason)
    )
    return {row.skip_reason: row.members for row in (await session.execute(query)).all()}
