"""Segments as rows, and which members a rule selects right now."""

from datetime import date
from typing import NamedTuple
from uuid import UUID

from segmenter.domain.disclosure.preview import SampleMember, SelectedCounts
from segmenter.domain.segments.rules import Rule
from segmenter.domain.segments.segment import Segment
from segmenter.models import members, memberships, segments
from segmenter.repository.rules import current, membership_by, results, selected, texts
from sqlalchemy import exists, func, insert, select, true, update
from sqlmodel.ext.asyncio.session import AsyncSession


class RuleResults(NamedTuple):
    """A member's status, and the result of every condition of a rule."""

    status: str
    matched: list[bool]


async def add(session: AsyncSession, segment: Segment) -> None:
    """A new segment."""
    await session.execute(insert(segments).values({**dict(segment), "rule": segment.rule.model_dump(mode="json")}))


async def replace(session: AsyncSession, segment: Segment) -> bool:
    """A new version of a segment; False when the version before it is no longer the present one."""
    place = (segments.c.segment_id == segment.segment_id, segments.c.version == segment.version - 1)
    values = {**dict(segment), "rule": segment.rule.model_dump(mode="json")}
    statement = update(segments).where(*place).values(values).returning(segments.c.version)
    return (await session.execute(statement)).one_or_none() is not None


async def one(session: AsyncSession, segment_id: UUID) -> Segment | None:
    """A segment."""
    row = (await session.execute(select(segments).where(segments.c.segment_id == segment_id))).one_or_none()
    return None if row is None else Segment.model_validate(row)


async def page(session: AsyncSession, body: str | None, after: UUID | None, limit: int) -> list[Segment]:
    """Segments in the order of their ids; of one union body if it is named."""
    query = select(segments).order_by(segments.c.segment_id).limit(limit)
    if body is not None:
        query = query.where(segments.c.body == body)
    if after is not None:
        query = query.where(segments.c.segment_id > after)
    return [Segment.model_validate(row) for row in (await session.execute(query)).all()]


async def counts(session: AsyncSession, rule: Rule, today: date) -> SelectedCounts:
    """How many members a rule selects."""
    by_channel = [func.count().filter(members.c[f"has_{name}"]) for name in ("sms", "email")]
    query = select(func.count(), *by_channel).where(selected(rule, today))
    return SelectedCounts(*(await session.execute(query)).one())


async def sample(session: AsyncSession, rule: Rule, today: date, size: int) -> list[SampleMember]:
    """A few of the selected members."""
    first_membership = membership_by(today)
    masked = func.concat(func.left(members.c.given_name, 1), "•••").label("given_name")
    query = select(members.c.member_id, masked, members.c.language, first_membership.c.branch)
    query = query.select_from(members.outerjoin(first_membership, true()))
    rows = await session.execute(query.where(selected(rule, today)).order_by(members.c.member_id).limit(size))
    return [SampleMember.model_validate(row) for row in rows.all()]


async def rule_results(session: AsyncSession, rule: Rule, today: date, member_id: UUID) -> RuleResults | None:
    """What a rule's conditions say of a member; None for someone unknown."""
    query = select(members.c.status, results(rule, today)).where(members.c.member_id == member_id)
    row = (await session.execute(query)).one_or_none()
    return None if row is None else RuleResults(*row)


async def belongs(session: AsyncSession, member_id: UUID, body: str, today: date) -> bool:
    """Whether a member has a current membership in a union body or below it."""
    place = (memberships.c.member_id == member_id, memberships.c.path.overlap(texts((body,))), current(today))
    return bool(await session.scalar(select(exists().where(*place))))
