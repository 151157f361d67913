"""Bodies of the union, and changes of them that are still to be published."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from chassis.db import rows
from members.domain.units import Unit, UnitKind, UnitTree
from members.models.members import MembershipRow
from members.models.units import UnitChangeRow, UnitRow
from sqlalchemy import func
from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession


def _unit(row: UnitRow) -> Unit:
    return Unit(row.id, UnitKind(row.kind), row.name, row.parent, tuple(row.path), row.version)


async def tree(session: AsyncSession) -> UnitTree:
    """Every body, in order of id."""
    return {row.id: _unit(row) for row in await session.exec(select(UnitRow).order_by(UnitRow.id))}


async def page(
    session: AsyncSession, branch: str | None, *, under: str | None, kind: UnitKind | None, after: str, limit: int
) -> list[Unit]:
    """In order of id, from after `after`; only those that are named, and that a branch may see."""
    found = select(UnitRow).where(col(UnitRow.id) > after).order_by(UnitRow.id).limit(limit)
    if under is not None:
        found = found.where(col(UnitRow.path).contains([under]))
    if kind is not None:
        found = found.where(UnitRow.kind == kind)
    if branch is not None:
        above = select(func.unnest(UnitRow.path)).where(UnitRow.id == branch)
        found = found.where(col(UnitRow.path).contains([branch]) | col(UnitRow.id).in_(above))
    return [_unit(row) for row in await session.exec(found)]


async def tree_of(session: AsyncSession, ids: Collection[str]) -> UnitTree:
    """Some bodies with their ancestors."""
    if not ids:
        return {}
    wanted = select(func.unnest(UnitRow.path)).where(rows.among(col(UnitRow.id), ids))
    return {row.id: _unit(row) for row in await session.exec(select(UnitRow).where(col(UnitRow.id).in_(wanted)))}


async def below(session: AsyncSession, unit_id: str) -> list[Unit]:
    """The body and everything beneath it, from the top down."""
    found = await session.exec(select(UnitRow).where(col(UnitRow.path).contains([unit_id])))
    return sorted((_unit(row) for row in found), key=lambda unit: len(unit.path))


async def save(session: AsyncSession, units: Collection[Unit]) -> None:
    """Store them, new or changed."""
    await rows.upsert(session, UnitRow, "id", [rows.fields_of(unit) for unit in units])


async def remove(session: AsyncSession, unit_id: str) -> None:
    """Delete one that nothing stands under."""
    await session.exec(delete(UnitRow).where(col(UnitRow.id) == unit_id))


async def is_in_use(session: AsyncSession, unit_id: str) -> bool:
    """Whether bodies or memberships stand under it."""
    child = await session.exec(select(UnitRow.id).where(UnitRow.parent == unit_id).limit(1))
    membership = await session.exec(select(MembershipRow.body).where(MembershipRow.body == unit_id).limit(1))
    return child.first() is not None or membership.first() is not None


async def add_change(session: AsyncSession, unit_id: str, at: datetime) -> None:
    """Have the members beneath a body published again."""
    session.add(UnitChangeRow(body=unit_id, at=at))
    await session.flush()


async def next_change(session: AsyncSession) -> UnitChangeRow | None:
    """The oldest change that no other transaction has locked; locks it."""
    found = await session.exec(
        select(UnitChangeRow).order_by(col(UnitChangeRow.id)).limit(1).with_for_update(skip_locked=True)
    )
    return found.first()


async def members_below(session: AsyncSession, unit_id: str, after: UUID | None, limit: int) -> list[UUID]:
    """Members of the body and of those beneath it, in order of id."""
    statement = (
        select(MembershipRow.member_id)
        .join(UnitRow, col(UnitRow.id) == col(MembershipRow.body))
        .where(col(UnitRow.path).contains([unit_id]))
        .distinct()
        .order_by(col(MembershipRow.member_id))
        .limit(limit)
    )
    if after is not None:
        statement = statement.where(col(MembershipRow.member_id) > after)
    return list(await session.exec(statement))


async def advance_change(session: AsyncSession, change: UnitChangeRow, cursor: UUID | None) -> None:
    """Store up to which member a change was published; `cursor` None ends it."""
    change.cursor = cursor
    if cursor is None:
        await session.delete(change)
