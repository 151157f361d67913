"""One member's campaigns and deliveries."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from segmenter.domain.member_history import HistoryDelivery, HistoryEntry
from segmenter.domain.segments.explanation import explain
from segmenter.domain.segments.rules import read_rule
from segmenter.models import audience, campaigns, deliveries, members
from sqlalchemy import select
from sqlmodel.ext.asyncio.session import AsyncSession

_ENTRY = (
    campaigns.c.frozen_at.label("at"),
    campaigns.c.frozen_at.label("audience_at"),
    campaigns.c.campaign_id,
    campaigns.c.name,
    campaigns.c.definition["purpose"].astext.label("purpose"),
    campaigns.c.state,
    campaigns.c.launched_on,
    campaigns.c.test_of.is_not(None).label("test"),
    audience.c.skip_reason,
    audience.c.consents,
    campaigns.c.body,
    campaigns.c.sensitive,
)


async def is_known(session: AsyncSession, member_id: UUID) -> bool:
    """Whether there is or was such a member; the erased count too."""
    return await session.scalar(select(members.c.status).where(members.c.member_id == member_id)) is not None


async def entries(session: AsyncSession, member_id: UUID, before: datetime | None, limit: int) -> list[HistoryEntry]:
    """The audiences a member was in, the latest first; a page ends with all of one moment."""
    query = (
        select(campaigns.c.rule, audience.c.matched, *_ENTRY)
        .join(campaigns, campaigns.c.campaign_id == audience.c.campaign_id)
        .where(audience.c.member_id == member_id)
        .order_by(campaigns.c.frozen_at.desc())
        .fetch(limit, with_ties=True)
    )
    if before is not None:
        query = query.where(campaigns.c.frozen_at < before)
    rows = (await session.execute(query)).mappings().all()
    requested = await _deliveries_by_campaign(session, member_id, [row["campaign_id"] for row in rows])
    found: list[HistoryEntry] = []
    for row in rows:
        why = explain(read_rule(row["rule"]), row["matched"]) if row["matched"] else None
        rest = {"rule": why, "deliveries": requested[row["campaign_id"]], "withheld": None}
        found.append(HistoryEntry.model_validate({**row, **rest}))
    return found


async def _deliveries_by_campaign(
    session: AsyncSession, member_id: UUID, campaign_ids: Sequence[UUID]
) -> dict[UUID, list[HistoryDelivery]]:
    """A member's deliveries of these campaigns, in the order they were asked for."""
    place = (deliveries.c.member_id == member_id, deliveries.c.campaign_id.in_(campaign_ids))
    query = select(deliveries).where(*place).order_by(deliveries.c.step)
    found: dict[UUID, list[HistoryDelivery]] = defaultdict(list)
    for row in (await session.execute(query)).all():
        found[row.campaign_id].append(HistoryDelivery.model_validate(row))
    return found
