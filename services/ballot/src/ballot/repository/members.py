"""The projection of `members`."""

from collections.abc import Collection, Iterable, Sequence
from typing import TypeVar
from uuid import UUID

from ballot.models import Member, Membership
from chassis.db import rows
from chassis.db.rows import among, insertion
from contracts.events.members import MemberChanged, MemberErased
from sqlalchemy import delete, select, text
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

E = TypeVar("E", MemberChanged, MemberErased)
_ADD_UNKNOWN = text("""
    INSERT INTO members (member_id, version, status, language)
    SELECT id, 0, 'unknown', 'en' FROM unnest(CAST(:ids AS uuid[])) AS id ORDER BY id
    ON CONFLICT (member_id) DO NOTHING
""")
_LOCK = text("SELECT member_id, status FROM members WHERE member_id = ANY(:ids) ORDER BY member_id FOR SHARE")
_REPLACED = ("version", "status", "language")
_MEMBERSHIP_FIELDS = {"body", "path", "branch", "branch_name", "valid_from", "valid_to"}


async def save(session: AsyncSession, changes: Sequence[MemberChanged]) -> None:
    """Store newer snapshots, at most one a member; older ones and those of erased members are ignored."""
    snapshots = [change.model_dump(include={"member_id", *_REPLACED}) for change in _in_lock_order(changes)]
    statement = insertion(Member, snapshots)
    statement = statement.on_conflict_do_update(
        index_elements=["member_id"],
        set_={name: statement.excluded[name] for name in _REPLACED},
        where=(col(Member.version) < statement.excluded.version) & (col(Member.status) != "erased"),
    )
    newer = set((await session.execute(statement.returning(col(Member.member_id)))).scalars())
    await session.execute(delete(Membership).where(among(Membership.member_id, newer)))
    memberships = [
        {"member_id": change.member_id, **membership.model_dump(include=_MEMBERSHIP_FIELDS)}
        for change in changes
        if change.member_id in newer
        for membership in change.memberships
    ]
    await rows.insert(session, Membership, memberships)


async def erase(session: AsyncSession, erasures: Sequence[MemberErased]) -> None:
    """Leave a marker without data."""
    markers = [
        {"member_id": erasure.member_id, "version": erasure.version, "status": "erased", "language": "en"}
        for erasure in _in_lock_order(erasures)
    ]
    await rows.upsert(session, Member, "member_id", markers)
    ids = [erasure.member_id for erasure in erasures]
    await session.execute(delete(Membership).where(among(Membership.member_id, ids)))


def _in_lock_order(events: Iterable[E]) -> list[E]:
    """By id: two transactions that lock the same members in one order cannot block each other."""
    return sorted(events, key=lambda event: event.member_id)


async def lock_statuses(session: AsyncSession, member_ids: Collection[UUID]) -> dict[UUID, str]:
    """The status of each of these members; none of them can be erased before the commit."""
    ids = {"ids": sorted(member_ids)}
    await session.execute(_ADD_UNKNOWN, ids)
    return {row.member_id: row.status for row in await session.execute(_LOCK, ids)}


async def find(session: AsyncSession, member_id: UUID) -> Member | None:
    """What is kept of a member."""
    return (await session.execute(select(Member).where(col(Member.member_id) == member_id))).scalar_one_or_none()
