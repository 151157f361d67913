"""Frozen audiences in shards: prepared, published, checkpointed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.enums import CampaignState
from segmenter.models import audience, campaigns, deliveries, sending_stop, shards
from segmenter.repository.rows import Row, columns_of, rows_as
from sqlalchemy import and_, exists, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlmodel.ext.asyncio.session import AsyncSession

_OF_CAMPAIGN = ("state", "definition", "launched_on", "expires_at", "test_of", "traceparent")


async def try_alone(session: AsyncSession, name: str) -> bool:
    """Whether this transaction is the only one at something; the lock goes with it."""
    return bool(await session.scalar(select(func.pg_try_advisory_xact_lock(func.hashtextextended(name, 0)))))


async def cut(session: AsyncSession, campaign_id: UUID, size: int, width: int) -> None:
    """Shards of `width` members over an audience of `size`."""
    starts = range(0, size, width)
    rows = [
        {"campaign_id": campaign_id, "shard": number, "checkpoint": start, "prepared": start, "done": False}
        | {"last": min(start + width, size)}
        for number, start in enumerate(starts)
    ]
    if rows:
        await session.execute(insert(shards), rows)


async def claim(session: AsyncSession, now: datetime) -> Any | None:
    """A shard with something to do, locked; with its campaign. Urgent campaigns first, then the oldest.

    `going` tells whether more may be asked for; else what was prepared is published and the shard is closed.
    """
    stopped = exists().where(sending_stop.c.stopped)
    live = campaigns.c.expires_at > now
    going = and_(campaigns.c.state == CampaignState.LAUNCHED.value, live, ~stopped)
    over = or_(~live, campaigns.c.state.in_([CampaignState.CANCELLED.value, CampaignState.COMPLETED.value]))
    query = (
        select(shards, going.label("going"), *(campaigns.c[name].label(f"campaign_{name}") for name in _OF_CAMPAIGN))
        .join(campaigns, campaigns.c.campaign_id == shards.c.campaign_id)
        .where(~shards.c.done, or_(going, over))
        .order_by(campaigns.c.urgent.desc(), campaigns.c.frozen_at, shards.c.shard)
        .limit(1)
        .with_for_update(of=shards, skip_locked=True)
    )
    return (await session.execute(query)).one_or_none()


async def prepared(session: AsyncSession, shard: Any) -> Sequence[Any]:
    """The deliveries that are written but not acknowledged, with what a request needs from the audience."""
    place = and_(audience.c.campaign_id == deliveries.c.campaign_id, audience.c.ordinal == deliveries.c.ordinal)
    query = (
        select(deliveries, audience.c.member_version, audience.c.region, audience.c.merge)
        .join(audience, place)
        .where(
            deliveries.c.campaign_id == shard.campaign_id,
            deliveries.c.ordinal > shard.checkpoint,
            deliveries.c.ordinal <= shard.prepared,
        )
        .order_by(deliveries.c.ordinal)
    )
    return (await session.execute(query)).all()


async def unasked(session: AsyncSession, campaign_id: UUID, above: int, up_to: int) -> Sequence[Any]:
    """Members of the audience in a range of ordinals who are to be written to."""
    query = select(audience.c.ordinal, audience.c.member_id, audience.c.channels, audience.c.branch).where(
        audience.c.campaign_id == campaign_id,
        audience.c.ordinal > above,
        audience.c.ordinal <= up_to,
        audience.c.skip_reason.is_(None),
    )
    return (await session.execute(query)).all()


async def prepare(session: AsyncSession, rows: Sequence[Row]) -> set[UUID]:
    """Write deliveries, each once; gives the new ones."""
    if not rows:
        return set()
    given = rows_as("given", columns_of(deliveries), rows)
    names = [each.name for each in deliveries.c]
    statement = pg_insert(deliveries).from_select(names, select(*(given.c[name] for name in names)))
    result = await session.execute(statement.on_conflict_do_nothing().returning(deliveries.c.delivery_id))
    return set(result.scalars())


async def advance(session: AsyncSession, shard: Any, *, prepared: int, done: bool) -> None:
    """What was prepared is acknowledged now; the next is prepared."""
    place = (shards.c.campaign_id == shard.campaign_id, shards.c.shard == shard.shard)
    await session.execute(update(shards).where(*place).values(checkpoint=shard.prepared, prepared=prepared, done=done))


async def audience_rows(session: AsyncSession, keys: Sequence[tuple[UUID, int]]) -> dict[tuple[UUID, int], Any]:
    """Audience rows by campaign and ordinal."""
    wanted = [{"campaign_id": campaign_id, "ordinal": ordinal} for campaign_id, ordinal in keys]
    given = rows_as("wanted", columns_of(audience, "campaign_id", "ordinal"), wanted)
    match = and_(audience.c.campaign_id == given.c.campaign_id, audience.c.ordinal == given.c.ordinal)
    rows = (await session.execute(select(audience).join(given, match))).all()
    return {(row.campaign_id, row.ordinal): row for row in rows}
