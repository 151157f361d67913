"""Campaigns as rows."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.db.rows import columns_of, rows_as
from contracts.enums import CampaignState
from contracts.events.campaigns import CampaignEvent
from pydantic import BaseModel
from segmenter.domain.campaigns.campaign import Campaign
from segmenter.domain.campaigns.quarantine import CampaignFailed, UnreadableCampaign, concerning
from segmenter.models import campaigns
from sqlalchemy import Row, func, insert, select, true, update
from sqlmodel.ext.asyncio.session import AsyncSession

_OF_DEFINITION = ("name", "body", "expires_at", "urgent")
"""Columns that repeat a part of the definition, for statements to ask for."""


async def add(session: AsyncSession, campaign: Campaign) -> None:
    """A new campaign."""
    await session.execute(insert(campaigns).values(_columns(dict(campaign))))


async def one(session: AsyncSession, campaign_id: UUID, *, for_update: bool = False) -> Campaign | None:
    """A campaign; locked until the transaction ends if it is to be changed."""
    query = select(campaigns).where(campaigns.c.campaign_id == campaign_id)
    row = (await session.execute(query.with_for_update() if for_update else query)).one_or_none()
    return None if row is None else _read(row)


async def change(session: AsyncSession, campaign_id: UUID, **values: object) -> Campaign:
    """The campaign with these attributes changed; the caller holds its lock."""
    place = campaigns.c.campaign_id == campaign_id
    statement = update(campaigns).where(place).values(_columns(values)).returning(campaigns)
    return _read((await session.execute(statement)).one())


def _read(row: Row[Any]) -> Campaign:
    with concerning(row.campaign_id):
        return Campaign.model_validate(row)


def _columns(values: Mapping[str, object]) -> dict[str, object]:
    columns = {
        name: value.model_dump(mode="json") if isinstance(value, BaseModel) else value for name, value in values.items()
    }
    definition = values.get("definition")
    return columns | {name: getattr(definition, name) for name in _OF_DEFINITION if definition is not None}


async def any_sensitive(session: AsyncSession, campaign_ids: Sequence[UUID], polls: Sequence[str]) -> bool:
    """Whether one of these campaigns, or one that asks one of these polls, is by a sensitive rule."""
    if not campaign_ids and not polls:
        return False
    asks = campaigns.c.definition["poll_id"].astext.in_(polls)
    one_of_them = campaigns.c.campaign_id.in_(campaign_ids) | asks
    query = select(campaigns.c.campaign_id).where(campaigns.c.sensitive, one_of_them)
    return await session.scalar(query.limit(1)) is not None


async def adopt_newer(session: AsyncSession, events: Sequence[CampaignEvent]) -> int:
    """Take over version and state of launched campaigns of which an older version is stored; how many."""
    rows = [event.model_dump(include={"campaign_id", "version", "state"}) for event in events]
    newer = rows_as("newer", columns_of(campaigns, "campaign_id", "version", "state"), rows)
    statement = (
        update(campaigns)
        .where(
            campaigns.c.campaign_id == newer.c.campaign_id,
            campaigns.c.version < newer.c.version,
            campaigns.c.launched_on.is_not(None),
        )
        .values(version=newer.c.version, state=newer.c.state)
    )
    return len((await session.execute(statement.returning(campaigns.c.campaign_id))).all())


async def lock_launched(session: AsyncSession, after: UUID, limit: int) -> list[Campaign | UnreadableCampaign]:
    """Campaigns that were launched, in the order of their ids; none of them is changed before the commit."""
    place = (campaigns.c.launched_on.is_not(None), campaigns.c.campaign_id > after)
    query = select(campaigns).where(*place).order_by(campaigns.c.campaign_id).limit(limit).with_for_update(read=True)
    return [_read_or_name(row) for row in (await session.execute(query)).all()]


async def page(
    session: AsyncSession,
    body: str | None,
    state: CampaignState | None,
    after: UUID | None,
    limit: int,
    *,
    sensitive: bool,
) -> list[Campaign | UnreadableCampaign]:
    """Campaigns in the order of their ids, without test sends; of one union body and in one state if they are
    named, sensitive ones if asked."""
    query = select(campaigns).where(campaigns.c.test_of.is_(None)).order_by(campaigns.c.campaign_id).limit(limit)
    if body is not None:
        query = query.where(campaigns.c.body == body)
    if state is not None:
        query = query.where(campaigns.c.state == state.value)
    if after is not None:
        query = query.where(campaigns.c.campaign_id > after)
    if not sensitive:
        query = query.where(~campaigns.c.sensitive)
    return [_read_or_name(row) for row in (await session.execute(query)).all()]


def _read_or_name(row: Row[Any]) -> Campaign | UnreadableCampaign:
    try:
        return _read(row)
    except CampaignFailed as failure:
        named = {"campaign_id": row.campaign_id, "name": row.name, "state": row.state}
        return UnreadableCampaign(**named, reason=failure.reason)


async def test_sends(session: AsyncSession, campaign_id: UUID, before: datetime | None, limit: int) -> list[Campaign]:
    """The test sends of a campaign, the latest first; a page ends with all of one moment."""
    query = select(campaigns).where(campaigns.c.test_of == campaign_id).order_by(campaigns.c.created_at.desc())
    query = query.fetch(limit, with_ties=True)
    if before is not None:
        query = query.where(campaigns.c.created_at < before)
    return [_read(row) for row in (await session.execute(query)).all()]


async def lock_test_sends_since(session: AsyncSession, since: datetime) -> list[datetime]:
    """When test sends were made since then, the oldest first; another one waits until this transaction ends."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("test sends", 0))))
    place = (campaigns.c.test_of.is_not(None), campaigns.c.created_at > since)
    query = select(campaigns.c.created_at).where(*place).order_by(campaigns.c.created_at)
    return list((await session.execute(query)).scalars())


async def due(session: AsyncSession, now: datetime) -> list[UUID]:
    """Approved campaigns whose confirmed start has come: urgent ones first, then the earliest."""
    place = (
        campaigns.c.state == CampaignState.APPROVED.value,
        campaigns.c.starts_at <= now,
        campaigns.c.quarantined_at.is_(None),
    )
    order = (campaigns.c.urgent.desc(), campaigns.c.starts_at)
    return list((await session.execute(select(campaigns.c.campaign_id).where(*place).order_by(*order))).scalars())


async def count_blocked(session: AsyncSession) -> int:
    """Campaigns whose confirmed start was refused."""
    query = select(func.count()).where(campaigns.c.state == CampaignState.BLOCKED.value)
    return (await session.scalar(query)) or 0


async def without_audience(session: AsyncSession, *, urgent_only: bool = False) -> list[Campaign]:
    """Launched campaigns without an audience, urgent ones first."""
    place = (
        campaigns.c.urgent if urgent_only else true(),
        campaigns.c.state == CampaignState.LAUNCHED.value,
        campaigns.c.frozen_at.is_(None),
        campaigns.c.quarantined_at.is_(None),
    )
    query = select(campaigns).where(*place).order_by(campaigns.c.urgent.desc(), campaigns.c.updated_at)
    return [_read(row) for row in (await session.execute(query)).all()]
