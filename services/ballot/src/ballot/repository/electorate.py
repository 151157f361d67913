"""The projection of `members`, and the rolls frozen from it."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from ballot.models import Member, Membership
from ballot.repository.rows import as_json
from contracts.members import MemberChanged, MemberErased
from sqlalchemy import Row, delete, select, text
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

_REMEMBER = text("""
    INSERT INTO members (member_id, version, status, language)
    SELECT member_id, version, status, language
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS new(member_id uuid, version int, status text, language text)
    ORDER BY member_id
    ON CONFLICT (member_id) DO UPDATE
    SET version = excluded.version, status = excluded.status, language = excluded.language
    WHERE members.version < excluded.version AND members.status <> 'erased'
    RETURNING member_id
""")
_PLACE = text("""
    INSERT INTO memberships (member_id, body, path, branch, branch_name, valid_from, valid_to)
    SELECT member_id, body, path, branch, branch_name, valid_from, valid_to
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS new(
        member_id uuid, body text, path text[], branch text, branch_name text, valid_from date, valid_to date)
""")
_ELECTORATE = """
    FROM members JOIN memberships USING (member_id)
    WHERE members.status = 'active' AND :body = ANY(path)
      AND valid_from <= :today AND (valid_to IS NULL OR valid_to >= :today)
"""
_COUNT = text(f"SELECT count(DISTINCT member_id) {_ELECTORATE}")
_FREEZE = text(f"""
    INSERT INTO roll (poll_id, voter, branch, branch_name)
    SELECT DISTINCT ON (member_id) CAST(:poll_id AS uuid), member_id, branch, branch_name {_ELECTORATE}
    ORDER BY member_id, valid_from, body
""")
_LOCK = text("""
    SELECT member_id, status, language FROM members WHERE member_id = ANY(:ids) ORDER BY member_id FOR SHARE
""")
_HEARD_OF = text("""
    INSERT INTO members (member_id, version, status, language)
    SELECT id, 0, 'unknown', 'en' FROM unnest(CAST(:ids AS uuid[])) AS id ORDER BY id
    ON CONFLICT (member_id) DO NOTHING
""")
_ERASE = text("""
    INSERT INTO members (member_id, version, status, language)
    SELECT member_id, version, 'erased', 'en'
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS new(member_id uuid, version int)
    ORDER BY member_id
    ON CONFLICT (member_id) DO UPDATE SET version = excluded.version, status = 'erased', language = 'en'
""")
_WITHIN = text("""
    SELECT DISTINCT body FROM (
        SELECT unnest(path[array_position(path, :branch):]) AS body FROM memberships WHERE branch = :branch
    ) AS below
""")


async def remember(session: AsyncSession, changes: Sequence[MemberChanged]) -> None:
    """Take over newer snapshots, at most one a member; older ones and those of erased members are passed over."""
    rows = as_json(change.model_dump(include={"member_id", "version", "status", "language"}) for change in changes)
    newer = set((await session.execute(_REMEMBER, {"rows": rows})).scalars())
    await session.execute(delete(Membership).where(col(Membership.member_id).in_(newer)))
    places = [
        {
            "member_id": change.member_id,
            **membership.model_dump(exclude={"region", "region_name", "employer", "job", "unit"}),
        }
        for change in changes
        if change.member_id in newer
        for membership in change.memberships
    ]
    await session.execute(_PLACE, {"rows": as_json(places)})


async def erase(session: AsyncSession, erasures: Sequence[MemberErased]) -> None:
    """Leave a marker without data."""
    rows = as_json({"member_id": erased.member_id, "version": erased.version} for erased in erasures)
    await session.execute(_ERASE, {"rows": rows})
    ids = [erased.member_id for erased in erasures]
    await session.execute(delete(Membership).where(col(Membership.member_id).in_(ids)))


async def lock(session: AsyncSession, member_ids: Collection[UUID]) -> dict[UUID, Row[Any]]:
    """These members' status and language; none of them can be erased before the commit."""
    ids = {"ids": sorted(member_ids)}
    await session.execute(_HEARD_OF, ids)
    return {row.member_id: row for row in await session.execute(_LOCK, ids)}


async def one(session: AsyncSession, member_id: UUID) -> Member | None:
    """What is known of a member."""
    return (await session.execute(select(Member).where(col(Member.member_id) == member_id))).scalar_one_or_none()


async def count(session: AsyncSession, body: str, today: date) -> int:
    """How many would be on a roll of this body today."""
    return int((await session.execute(_COUNT, {"body": body, "today": today})).scalar_one())


async def freeze(session: AsyncSession, poll_id: UUID, body: str, today: date) -> int:
    """Write the roll: active members with a current membership in the body or below it, each once.

    A member of two branches is counted in that of the longest-standing membership (then the smaller body id).
    """
    frozen = await session.execute(_FREEZE, {"poll_id": poll_id, "body": body, "today": today})
    return int(frozen.rowcount)  # type: ignore[attr-defined]


async def bodies_within(session: AsyncSession, branch: str) -> set[str]:
    """The branch and the bodies known below it."""
    return {branch, *(await session.execute(_WITHIN, {"branch": branch})).scalars()}
