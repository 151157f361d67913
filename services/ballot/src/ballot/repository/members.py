"""The projection of `members`."""

from collections.abc import Collection, Sequence
from uuid import UUID

from ballot.models import Member, Membership
from chassis.db.rows import as_json
from contracts.members import MemberChanged, MemberErased
from sqlalchemy import delete, select, text
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

_SAVE = text("""
    INSERT INTO members (member_id, version, status, language)
    SELECT member_id, version, status, language
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS new(member_id uuid, version int, status text, language text)
    ORDER BY member_id
    ON CONFLICT (member_id) DO UPDATE
    SET version = excluded.version, status = excluded.status, language = excluded.language
    WHERE members.version < excluded.version AND members.status <> 'erased'
    RETURNING member_id
""")
_SAVE_MEMBERSHIPS = text("""
    INSERT INTO memberships (member_id, body, path, branch, branch_name, valid_from, valid_to)
    SELECT member_id, body, path, branch, branch_name, valid_from, valid_to
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS new(
        member_id uuid, body text, path text[], branch text, branch_name text, valid_from date, valid_to date)
""")
_ADD_UNKNOWN = text("""
    INSERT INTO members (member_id, version, status, language)
    SELECT id, 0, 'unknown', 'en' FROM unnest(CAST(:ids AS uuid[])) AS id ORDER BY id
    ON CONFLICT (member_id) DO NOTHING
""")
_LOCK = text("SELECT member_id, status FROM members WHERE member_id = ANY(:ids) ORDER BY member_id FOR SHARE")
_ERASE = text("""
    INSERT INTO members (member_id, version, status, language)
    SELECT member_id, version, 'erased', 'en'
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS new(member_id uuid, version int)
    ORDER BY member_id
    ON CONFLICT (member_id) DO UPDATE SET version = excluded.version, status = 'erased', language = 'en'
""")
_MEMBERSHIP_FIELDS = {"body", "path", "branch", "branch_name", "valid_from", "valid_to"}


async def save(session: AsyncSession, changes: Sequence[MemberChanged]) -> None:
    """Store newer snapshots, at most one a member; older ones and those of erased members are ignored."""
    rows = as_json(change.model_dump(include={"member_id", "version", "status", "language"}) for change in changes)
    newer = set((await session.execute(_SAVE, {"rows": rows})).scalars())
    await session.execute(delete(Membership).where(col(Membership.member_id).in_(newer)))
    memberships = as_json(
        {"member_id": change.member_id, **membership.model_dump(include=_MEMBERSHIP_FIELDS)}
        for change in changes
        if change.member_id in newer
        for membership in change.memberships
    )
    await session.execute(_SAVE_MEMBERSHIPS, {"rows": memberships})


async def erase(session: AsyncSession, erasures: Sequence[MemberErased]) -> None:
    """Leave a marker without data."""
    rows = as_json(erasure.model_dump(include={"member_id", "version"}) for erasure in erasures)
    await session.execute(_ERASE, {"rows": rows})
    ids = [erasure.member_id for erasure in erasures]
    await session.execute(delete(Membership).where(col(Membership.member_id).in_(ids)))


async def lock_statuses(session: AsyncSession, member_ids: Collection[UUID]) -> dict[UUID, str]:
    """The status of each of these members; none of them can be erased before the commit."""
    ids = {"ids": sorted(member_ids)}
    await session.execute(_ADD_UNKNOWN, ids)
    return {row.member_id: row.status for row in await session.execute(_LOCK, ids)}


async def find(session: AsyncSession, member_id: UUID) -> Member | None:
    """What is kept of a member."""
    return (await session.execute(select(Member).where(col(Member.member_id) == member_id))).scalar_one_or_none()
