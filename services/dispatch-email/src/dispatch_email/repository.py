"""Statements of dispatch-email beside those of every dispatcher."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from dispatch.models import contacts, deliveries
from dispatch_email.models import Stray
from sqlalchemy import desc
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession


async def language(session: AsyncSession, delivery_id: UUID) -> str | None:
    """Of the member a delivery went to."""
    joined = deliveries.join(contacts, contacts.c.member_id == deliveries.c.member_id)
    found = await session.scalar(
        select(contacts.c.language).select_from(joined).where(deliveries.c.delivery_id == delivery_id)
    )
    return str(found) if found else None


async def count_stray(session: AsyncSession, day: date, kind: str, proven: bool) -> None:
    """One more of this kind today."""
    row = insert(Stray).values(day=day, kind=kind, proven=proven, seen=1)
    changed = {"seen": col(Stray.seen) + 1}
    await session.execute(row.on_conflict_do_update(index_elements=["day", "kind", "proven"], set_=changed))


async def strays(session: AsyncSession) -> Sequence[Stray]:
    """Newest day first, at most a thousand lines."""
    newest = select(Stray).order_by(desc(col(Stray.day)), col(Stray.kind), col(Stray.proven)).limit(1000)
    return (await session.exec(newest)).all()
