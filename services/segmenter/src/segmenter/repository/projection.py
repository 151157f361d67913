"""What the segmenter keeps of other services' events: set-based, and newer versions only."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from segmenter.models import (
    audience,
    ballots,
    consents,
    members,
    memberships,
    participation,
    sensitive_interests,
    test_staff,
    union_events,
)
from segmenter.repository.rows import Row, columns_of, rows_as
from sqlalchemy import ColumnElement, Table, Uuid, and_, delete, exists, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlmodel.ext.asyncio.session import AsyncSession

ERASED = "erased"


async def remember_members(session: AsyncSession, rows: Sequence[Row]) -> set[UUID]:
    """Upsert members by version and return those that are new; an erased marker stays. One row a member."""
    statement = _insert(members, rows)
    new = statement.excluded
    statement = statement.on_conflict_do_update(
        index_elements=[members.c.member_id],
        set_={each.name: new[each.name] for each in members.c if not each.primary_key},
        where=and_(members.c.status != ERASED, or_(members.c.version < new.version, new.status == ERASED)),
    )
    result = await session.execute(statement.returning(members.c.member_id))
    return set(result.scalars())


async def replace_details(
    session: AsyncSession, member_ids: Sequence[UUID], places: Sequence[Row], words: Sequence[Row]
) -> None:
    """The memberships and consents of these members, all anew."""
    for table, rows in ((memberships, places), (consents, words)):
        await session.execute(delete(table).where(_of(table, member_ids)))
        if rows:
            await session.execute(_insert(table, rows))


async def forget(session: AsyncSession, member_ids: Sequence[UUID]) -> None:
    """What hangs on erased members; their audience rows keep the id and lose all that was decided by."""
    for table in (sensitive_interests, participation, test_staff):
        await session.execute(delete(table).where(_of(table, member_ids)))
    nothing_left = {"merge": {}, "consents": [], "matched": [], "language": ""}
    await session.execute(update(audience).where(_of(audience, member_ids)).values(**nothing_left))


async def remember_sensitive(session: AsyncSession, rows: Sequence[Row]) -> None:
    """Sensitive interests by version; none of an erased member."""
    statement = _insert(sensitive_interests, rows, unless_erased=True)
    new = statement.excluded
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=[sensitive_interests.c.member_id],
            set_={"version": new.version, "interests": new.interests},
            where=sensitive_interests.c.version < new.version,
        )
    )


async def remember_participation(session: AsyncSession, rows: Sequence[Row]) -> None:
    """The latest effect of each member in each ballot."""
    statement = _insert(participation, rows, unless_erased=True)
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=[participation.c.ballot_id, participation.c.member_id],
            set_={"effect": statement.excluded.effect, "on_date": statement.excluded.on_date},
        )
    )


async def remember_ballots(session: AsyncSession, rows: Sequence[Row]) -> None:
    """Ballots by version."""
    statement = _insert(ballots, rows)
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=[ballots.c.ballot_id],
            set_={each.name: statement.excluded[each.name] for each in ballots.c if not each.primary_key},
            where=ballots.c.version < statement.excluded.version,
        )
    )


async def remember_union_events(session: AsyncSession, rows: Sequence[Row]) -> None:
    """Each event once."""
    await session.execute(_insert(union_events, rows).on_conflict_do_nothing())


async def union_events_of(session: AsyncSession, body: str | None, limit: int) -> Sequence[Any]:
    """The latest events, of one body if it is named."""
    query = select(union_events).order_by(union_events.c.at.desc()).limit(limit)
    if body is not None:
        query = query.where(union_events.c.body == body)
    return (await session.execute(query)).all()


async def ballot(session: AsyncSession, ballot_id: UUID) -> Any | None:
    """A poll as we last heard of it."""
    return (await session.execute(select(ballots).where(ballots.c.ballot_id == ballot_id))).one_or_none()


def _of(table: Table, member_ids: Sequence[UUID]) -> ColumnElement[bool]:
    # One parameter whatever the size of the batch, so that the statement is prepared once.
    return table.c.member_id == func.any(literal(list(member_ids), ARRAY(Uuid)))


def _insert(table: Table, rows: Sequence[Row], *, unless_erased: bool = False) -> Any:
    given = rows_as("given", columns_of(table), rows)
    names = [each.name for each in table.c]
    query = select(*(given.c[name] for name in names))
    if unless_erased:
        marker = exists().where(members.c.member_id == given.c.member_id, members.c.status == ERASED)
        query = query.where(~marker)
    return insert(table).from_select(names, query)
