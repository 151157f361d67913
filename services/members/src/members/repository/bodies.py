"""The tree of bodies in the database."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from members.domain.bodies import Body, Kind, Tree
from members.models import BodyChangeRow, BodyRow, MembershipRow
from members.repository import bulk
from sqlalchemy import func
from sqlmodel import col, delete, select, update
from sqlmodel.ext.asyncio.session import AsyncSession


def _body(row: BodyRow) -> Body:
    return Body(row.id, Kind(row.kind), row.name, row.parent, tuple(row.path), row.version)


async def tree(session: AsyncSession) -> Tree:
    """Every body."""
    return {row.id: _body(row) for row in await session.exec(select(BodyRow).order_by(BodyRow.id))}


async def tree_of(session: AsyncSession, ids: Collection[str]) -> Tree:
    """Some bodies with their ancestors."""
    if not ids:
        return {}
    wanted = select(func.unnest(BodyRow.path)).where(bulk.among(col(BodyRow.id), ids))
    rows = await session.exec(select(BodyRow).where(col(BodyRow.id).in_(wanted)))
    return {row.id: _body(row) for row in rows}


async def below(session: AsyncSession, body: str) -> list[Body]:
    """The body and everything beneath it, from the top down."""
    rows = await session.exec(select(BodyRow).where(col(BodyRow.path).contains([body])))
    return sorted((_body(row) for row in rows), key=lambda item: len(item.path))


async def save(session: AsyncSession, bodies: Collection[Body]) -> None:
    """Store them, new or changed."""
    rows = [
        {
            "id": body.id,
            "kind": body.kind,
            "name": body.name,
            "parent": body.parent,
            "path": body.path,
            "version": body.version,
        }
        for body in bodies
    ]
    await bulk.upsert(session, BodyRow, "id", rows)


async def remove(session: AsyncSession, body: str) -> None:
    """Delete one that nothing stands under."""
    await session.exec(delete(BodyRow).where(col(BodyRow.id) == body))


async def in_use(session: AsyncSession, body: str) -> bool:
    """Whether bodies or memberships stand under it."""
    child = await session.exec(select(BodyRow.id).where(BodyRow.parent == body).limit(1))
    member = await session.exec(select(MembershipRow.body).where(MembershipRow.body == body).limit(1))
    return child.first() is not None or member.first() is not None


async def note_change(session: AsyncSession, body: str, at: datetime) -> None:
    """Have the members beneath published again."""
    session.add(BodyChangeRow(body=body, at=at))
    await session.flush()


async def next_change(session: AsyncSession) -> BodyChangeRow | None:
    """The oldest change not yet worked off, locked; None when there is none that nobody works on."""
    found = await session.exec(
        select(BodyChangeRow).order_by(col(BodyChangeRow.id)).limit(1).with_for_update(skip_locked=True)
    )
    return found.first()


async def members_below(session: AsyncSession, body: str, after: UUID | None, limit: int) -> list[UUID]:
    """Members of the body and of those beneath it, in order of id."""
    statement = (
        select(MembershipRow.member_id)
        .join(BodyRow, col(BodyRow.id) == col(MembershipRow.body))
        .where(col(BodyRow.path).contains([body]))
        .distinct()
        .order_by(col(MembershipRow.member_id))
        .limit(limit)
    )
    if after is not None:
        statement = statement.where(col(MembershipRow.member_id) > after)
    return list(await session.exec(statement))


async def move_on(session: AsyncSession, change: BodyChangeRow, cursor: UUID | None) -> None:
    """Note how far a change was worked off; `cursor` None ends it."""
    here = col(BodyChangeRow.id) == change.id
    if cursor is None:
        await session.exec(delete(BodyChangeRow).where(here))
    else:
        await session.exec(update(BodyChangeRow).where(here).values(cursor=cursor))
