"""A campaign's audience: counted, grouped by what members read, and frozen."""

from collections.abc import AsyncGenerator, Sequence
from uuid import UUID

from segmenter.domain.audience_plan import AudiencePlan
from segmenter.domain.campaigns.rendering import Group
from segmenter.models import audience
from segmenter.repository import fatigue
from segmenter.repository.audience_plan import COLUMN_OF_FIELD, planned_members
from segmenter.repository.locks import lock_for_copy
from segmenter.repository.projection.members import erase_from_audience
from sqlalchemy import func, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel.ext.asyncio.session import AsyncSession

_PLANNED = tuple(each.name for each in audience.c if each.name not in ("campaign_id", "ordinal"))
"""Columns of a frozen audience that the plan's SELECT gives."""


async def count_by_skip_reason(session: AsyncSession, plan: AudiencePlan) -> dict[str | None, int]:
    """Members by the reason they are left out; None counts the recipients."""
    planned = planned_members(plan)
    query = select(planned.c.skip_reason, func.count()).group_by(planned.c.skip_reason)
    return dict((await session.execute(query)).all())


async def groups(
    session: AsyncSession, plan: AudiencePlan, fields: Sequence[str], batch: int
) -> AsyncGenerator[list[Group], None]:
    """Recipients counted by channel, language and these merge values: those who read the same text are one group.

    `batch` groups at a time, from a cursor: where each is greeted by name there are as many groups as members.
    """
    planned = planned_members(plan)
    channel = func.unnest(planned.c.channels) if plan.definition.channels.rule == "all" else planned.c.channels[1]
    values = [planned.c[COLUMN_OF_FIELD[name]].label(f"merge_{name}") for name in fields]
    columns = (channel.label("channel"), planned.c.language, *values)
    each = select(*columns).where(planned.c.skip_reason.is_(None)).subquery()
    query = select(*each.c, func.count()).group_by(*each.c)
    result = await session.stream(query, execution_options={"yield_per": batch})
    async for rows in result.partitions():
        yield [
            Group(channel, language, {name: value or "" for name, value in zip(fields, merge, strict=True)}, members)
            for channel, language, *merge, members in rows
        ]


async def freeze(session: AsyncSession, campaign_id: UUID, plan: AudiencePlan) -> int:
    """Write the audience in one statement; gives its size.

    That statement may take long, and nobody waits for it. What came in the meantime is judged at the end: members
    erased since are left out, and those whom audiences frozen since have brought to the fatigue cap.
    """
    cap = plan.fatigue
    known = await fatigue.frozen_campaigns(session, cap) if cap else ()
    planned = planned_members(plan)
    ordinal = func.row_number().over(order_by=planned.c.member_id)
    query = select(literal(campaign_id), ordinal, *(planned.c[name] for name in _PLANNED))
    result = await session.execute(insert(audience).from_select(["campaign_id", "ordinal", *_PLANNED], query))
    if cap:
        await fatigue.leave_out(session, campaign_id, cap, known)
    await lock_for_copy(session)
    await erase_from_audience(session, campaign_id)
    return result.rowcount  # type: ignore[attr-defined, no-any-return]


async def planned_skips(session: AsyncSession, campaign_id: UUID) -> dict[str, int]:
    """Members of a frozen audience who are left out, by reason."""
    query = (
        select(audience.c.skip_reason, func.count())
        .where(audience.c.campaign_id == campaign_id, audience.c.skip_reason.is_not(None))
        .group_by(audience.c.skip_reason)
    )
    return dict((await session.execute(query)).all())
