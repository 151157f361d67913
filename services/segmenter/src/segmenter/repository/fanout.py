"""Frozen audiences in shards: prepared, published, checkpointed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from chassis.db.rows import columns_of, rows_as
from contracts.enums import CampaignState, SkipReason
from segmenter.domain.campaigns.definition import CampaignDefinition
from segmenter.domain.campaigns.quarantine import concerning
from segmenter.domain.deliveries import REQUESTED, Delivery, Recipient, RequestDetails
from segmenter.models import audience, campaigns, deliveries, members, shards, union_stop
from segmenter.repository.projection.rows import ERASED
from sqlalchemy import and_, exists, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlmodel.ext.asyncio.session import AsyncSession

_DELIVERY = tuple(each.name for each in deliveries.c)
_DETAILS = ("member_version", "region", "merge")


@dataclass(frozen=True, slots=True)
class ClaimedShard:
    """A locked shard with its campaign. `checkpoint` ≤ `prepared` ≤ `last`, all ordinals.

    `continues` says whether more may be asked for; else what was prepared is published and the shard is closed.
    """

    campaign_id: UUID
    shard: int
    last: int
    checkpoint: int
    prepared: int
    continues: bool
    definition: CampaignDefinition
    launched_on: date
    test_of: UUID | None
    traceparent: str | None


async def create_shards(session: AsyncSession, campaign_id: UUID, size: int, width: int) -> None:
    """Shards of `width` members over an audience of `size`."""
    rows = [
        {"campaign_id": campaign_id, "shard": number, "checkpoint": start, "prepared": start, "done": False}
        | {"last": min(start + width, size), "requested": 0}
        for number, start in enumerate(range(0, size, width))
    ]
    if rows:
        await session.execute(insert(shards), rows)


async def claim(session: AsyncSession, now: datetime) -> ClaimedShard | None:
    """A shard with something to do. Urgent campaigns first, then the oldest."""
    stopped = exists().where(union_stop.c.stopped)
    live = campaigns.c.expires_at > now
    continues = and_(campaigns.c.state == CampaignState.LAUNCHED.value, live, ~stopped)
    over = or_(~live, campaigns.c.state.in_([CampaignState.CANCELLED.value, CampaignState.COMPLETED.value]))
    of_shard = (shards.c.campaign_id, shards.c.shard, shards.c.last, shards.c.checkpoint, shards.c.prepared)
    of_campaign = (campaigns.c.definition, campaigns.c.launched_on, campaigns.c.test_of, campaigns.c.traceparent)
    query = (
        select(*of_shard, continues.label("continues"), *of_campaign)
        .join(campaigns, campaigns.c.campaign_id == shards.c.campaign_id)
        .where(~shards.c.done, or_(continues, over), campaigns.c.quarantined_at.is_(None))
        .order_by(campaigns.c.urgent.desc(), campaigns.c.frozen_at, shards.c.shard)
        .limit(1)
        .with_for_update(of=shards, skip_locked=True)
    )
    row = (await session.execute(query)).one_or_none()
    if row is None:
        return None
    with concerning(row.campaign_id):
        definition = CampaignDefinition.model_validate(row.definition)
    return ClaimedShard(**{**row._mapping, "definition": definition})


async def skip_erased(session: AsyncSession, shard: ClaimedShard) -> None:
    """End the deliveries of members who were erased since; they are not asked for."""
    statement = update(deliveries).where(
        deliveries.c.campaign_id == shard.campaign_id,
        deliveries.c.ordinal > shard.checkpoint,
        deliveries.c.ordinal <= shard.prepared,
        deliveries.c.status == REQUESTED,
        exists().where(members.c.member_id == deliveries.c.member_id, members.c.status == ERASED),
    )
    await session.execute(statement.values(status="skipped", reason=SkipReason.ERASED.value))


async def prepared(session: AsyncSession, shard: ClaimedShard) -> list[tuple[Delivery, RequestDetails]]:
    """The deliveries that are written but not acknowledged, with what their requests take from the audience."""
    place = and_(audience.c.campaign_id == deliveries.c.campaign_id, audience.c.ordinal == deliveries.c.ordinal)
    query = (
        select(deliveries, *columns_of(audience, *_DETAILS))
        .join(audience, place)
        .where(
            deliveries.c.campaign_id == shard.campaign_id,
            deliveries.c.ordinal > shard.checkpoint,
            deliveries.c.ordinal <= shard.prepared,
            deliveries.c.reason != SkipReason.ERASED.value,
        )
        .order_by(deliveries.c.ordinal)
    )
    rows = (await session.execute(query)).all()
    size = len(_DELIVERY)
    return [(Delivery(**dict(zip(_DELIVERY, row[:size], strict=True))), RequestDetails(*row[size:])) for row in rows]


async def recipients(session: AsyncSession, campaign_id: UUID, above: int, up_to: int) -> list[Recipient]:
    """Members of the audience in a range of ordinals who are to be written to."""
    query = select(*columns_of(audience, *Recipient._fields)).where(
        audience.c.campaign_id == campaign_id,
        audience.c.ordinal > above,
        audience.c.ordinal <= up_to,
        audience.c.skip_reason.is_(None),
    )
    return [Recipient(*row) for row in (await session.execute(query)).all()]


async def add_deliveries(session: AsyncSession, new: Sequence[Delivery]) -> set[UUID]:
    """Write deliveries, each once; gives the ids that were not there yet."""
    if not new:
        return set()
    given = rows_as("given", columns_of(deliveries), new)
    statement = pg_insert(deliveries).from_select(_DELIVERY, select(*(given.c[name] for name in _DELIVERY)))
    result = await session.execute(statement.on_conflict_do_nothing().returning(deliveries.c.delivery_id))
    return set(result.scalars())


async def advance(session: AsyncSession, shard: ClaimedShard, *, prepared: int, members: int, done: bool) -> None:
    """What was prepared is acknowledged now; the next is prepared, for so many members."""
    place = (shards.c.campaign_id == shard.campaign_id, shards.c.shard == shard.shard)
    requested = shards.c.requested + members
    moved = {"checkpoint": shard.prepared, "prepared": prepared, "requested": requested, "done": done}
    await session.execute(update(shards).where(*place).values(moved))


async def request_details(session: AsyncSession, of: Sequence[Delivery]) -> dict[tuple[UUID, int], RequestDetails]:
    """What the requests of deliveries take from the audience, by campaign and ordinal."""
    keys = ("campaign_id", "ordinal")
    wanted = rows_as("wanted", columns_of(audience, *keys), of)
    match = and_(audience.c.campaign_id == wanted.c.campaign_id, audience.c.ordinal == wanted.c.ordinal)
    rows = (await session.execute(select(*columns_of(audience, *keys, *_DETAILS)).join(wanted, match))).all()
    return {(campaign_id, ordinal): RequestDetails(*details) for campaign_id, ordinal, *details in rows}
