"""Segments as rows, and what a rule selects right now."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from segmenter.domain.rules import Rule
from segmenter.models import members, memberships, segments
from segmenter.repository.rows import Row
from segmenter.repository.selection import current, everyone, truths, words
from sqlalchemy import Select, exists, func, insert, select, true, update
from sqlmodel.ext.asyncio.session import AsyncSession


async def add(session: AsyncSession, row: Row) -> None:
    """A new segment."""
    await session.execute(insert(segments).values(**row))


async def replace(session: AsyncSession, segment_id: UUID, version: int, values: Row) -> bool:
    """A new version of a segment; False when `version` is no longer the present one."""
    place = (segments.c.segment_id == segment_id, segments.c.version == version)
    statement = update(segments).where(*place).values(version=version + 1, **values).returning(segments.c.version)
    return (await session.execute(statement)).one_or_none() is not None


async def one(session: AsyncSession, segment_id: UUID) -> Any | None:
    """A segment."""
    return (await session.execute(select(segments).where(segments.c.segment_id == segment_id))).one_or_none()


async def page(session: AsyncSession, body: str | None, after: UUID | None, limit: int) -> Sequence[Any]:
    """Segments in the order of their ids; of one body if it is named."""
    query = select(segments).order_by(segments.c.segment_id).limit(limit)
    if body is not None:
        query = query.where(segments.c.body == body)
    if after is not None:
        query = query.where(segments.c.segment_id > after)
    return (await session.execute(query)).all()


async def counts(session: AsyncSession, rule: Rule, today: date) -> Any:
    """How many a rule selects: all, and by channel whatever their consent."""
    by_channel = [func.count().filter(members.c[f"has_{name}"]).label(name) for name in ("sms", "email")]
    query = select(func.count().label("members"), *by_channel).where(everyone(rule, today))
    return (await session.execute(query)).one()


async def sample(session: AsyncSession, rule: Rule, today: date, size: int) -> Sequence[Any]:
    """A few of them, masked: the first letter of the given name only."""
    place = (
        select(memberships.c.branch)
        .where(memberships.c.member_id == members.c.member_id, current(today))
        .order_by(memberships.c.valid_from, memberships.c.body)
        .limit(1)
        .lateral("place")
    )
    shown = (members.c.member_id, func.left(members.c.given_name, 1).label("initial"), members.c.language)
    query = select(*shown, place.c.branch).select_from(members.outerjoin(place, true()))
    return (await session.execute(query.where(everyone(rule, today)).order_by(members.c.member_id).limit(size))).all()


async def member_truths(session: AsyncSession, rule: Rule, today: date, member_id: UUID) -> Any | None:
    """A member's status and the truth of every leaf, or None for someone unknown."""
    query: Select[Any] = select(members.c.status, truths(rule, today)).where(members.c.member_id == member_id)
    return (await session.execute(query)).one_or_none()


async def belongs(session: AsyncSession, member_id: UUID, body: str, today: date) -> bool:
    """Whether a member has a current membership in a body or below it."""
    place = (memberships.c.member_id == member_id, memberships.c.path.overlap(words((body,))), current(today))
    return bool(await session.scalar(select(exists().where(*place))))
