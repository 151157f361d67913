"""Statements of dispatch-email beside those of every dispatcher."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from dispatch.models.ledger import deliveries
from dispatch.models.projection import contacts
from dispatch_email.domain.personal_mail import PersonalMail
from dispatch_email.models import MailFromMember, Stray
from sqlalchemy import delete, desc, exists, literal
from sqlalchemy import select as sa_select
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


async def strays(session: AsyncSession, before: date | None, limit: int) -> Sequence[Stray]:
    """Newest day first; a page ends with all of one day."""
    newest = select(Stray).order_by(desc(col(Stray.day))).fetch(limit, with_ties=True)
    return (await session.exec(newest if before is None else newest.where(col(Stray.day) < before))).all()


async def keep_mail(
    session: AsyncSession, mail_id: UUID, delivery_id: UUID, mail: PersonalMail, *, automatic: bool, at: datetime
) -> None:
    """Once, however often it is brought, and only while its member is known."""
    known = deliveries.join(contacts, contacts.c.member_id == deliveries.c.member_id)
    row = sa_select(
        *(literal(mail_id), deliveries.c.delivery_id, deliveries.c.campaign_id, deliveries.c.member_id),
        *(literal(automatic), literal(mail.subject), literal(mail.text), literal(at)),
    )
    written = row.select_from(known).where(deliveries.c.delivery_id == delivery_id, ~contacts.c.erased)
    columns = [column.name for column in MailFromMember.__table__.columns]  # type: ignore[attr-defined]
    await session.execute(insert(MailFromMember).from_select(columns, written).on_conflict_do_nothing())


async def mail_from_members(session: AsyncSession, after: datetime | None, limit: int) -> Sequence[MailFromMember]:
    """Oldest first; a page ends with all of one moment."""
    received_at = col(MailFromMember.received_at)
    oldest = select(MailFromMember).order_by(received_at).fetch(limit, with_ties=True)
    return (await session.exec(oldest if after is None else oldest.where(received_at > after))).all()


async def drop_mail(session: AsyncSession, mail_id: UUID) -> bool:
    """A person has seen it. False: there is no such mail."""
    dropped = (
        delete(MailFromMember).where(col(MailFromMember.mail_id) == mail_id).returning(col(MailFromMember.mail_id))
    )
    return await session.scalar(dropped) is not None


async def drop_mail_of_the_erased(session: AsyncSession) -> None:
    """Each mail's member is looked up by key: the erased grow in number, unread mail does not."""
    erased = exists().where(contacts.c.member_id == col(MailFromMember.member_id), contacts.c.erased)
    await session.execute(delete(MailFromMember).where(erased))
