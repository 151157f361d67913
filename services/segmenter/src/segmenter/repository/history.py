"""One member's campaigns and deliveries."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from segmenter.models import audience, campaigns, deliveries, members
from sqlalchemy import select
from sqlmodel.ext.asyncio.session import AsyncSession


async def known(session: AsyncSession, member_id: UUID) -> bool:
    """Whether we ever heard of this member, erased ones included."""
    return await session.scalar(select(members.c.status).where(members.c.member_id == member_id)) is not None


async def planned(session: AsyncSession, member_id: UUID) -> Sequence[Any]:
    """The audiences a member was in, the latest first, each with its campaign."""
    names = ("name", "state", "definition", "rule", "launched_on", "frozen_at", "test_of", "sensitive", "body")
    query = (
        select(audience, *(campaigns.c[name].label(f"campaign_{name}") for name in names))
        .join(campaigns, campaigns.c.campaign_id == audience.c.campaign_id)
        .where(audience.c.member_id == member_id)
        .order_by(campaigns.c.frozen_at.desc())
    )
    return (await session.execute(query)).all()


async def asked(session: AsyncSession, member_id: UUID) -> Sequence[Any]:
    """Their deliveries, in the order they were asked for."""
    query = select(deliveries).where(deliveries.c.member_id == member_id)
    return (await session.execute(query.order_by(deliveries.c.campaign_id, deliveries.c.step))).all()
