"""Members as whole aggregates, many at a time."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import date
from typing import TypeVar
from uuid import UUID

from chassis.db import rows
from chassis.db.tables import outbox
from contracts.topics import MEMBERS
from members.domain.members.consents import Evidence
from members.domain.members.contact_points import ContactPoint
from members.domain.members.filter import MemberFilter
from members.domain.members.member import Member, Membership
from members.models.members import ConsentRow, ContactRow, InterestRow, MemberRow, MembershipRow
from members.models.units import UnitRow
from sqlalchemy import select as sa_select
from sqlmodel import SQLModel, col, delete, exists, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

Child = TypeVar("Child")
_VERSIONS = sa_select(col(MemberRow.member_id), col(MemberRow.version))


async def load(session: AsyncSession, ids: Collection[UUID], *, lock: bool = True) -> dict[UUID, Member]:
    """Members by id; locked until the transaction ends, in order of id so that no deadlock arises."""
    if not ids:
        return {}
    statement = sa_select(MemberRow.__table__).where(rows.among(col(MemberRow.member_id), ids))  # type: ignore[attr-defined]
    statement = statement.order_by(col(MemberRow.member_id))
    found = {row.member_id: row for row in await session.execute(statement.with_for_update() if lock else statement)}
    memberships = await _children(session, MembershipRow, found, Membership, Membership.__slots__)
    points = await _children(session, ContactRow, found, ContactPoint, ContactPoint.__slots__)
    evidence = await _children(session, ConsentRow, found, Evidence, Evidence.__slots__)
    interests = await _children(session, InterestRow, found, lambda *row: row, ("name", "sensitive"))
    return {
        member_id: Member(
            **row._mapping,
            memberships=tuple(memberships[member_id]),
            contact_points=tuple(points[member_id]),
            evidence=tuple(evidence[member_id]),
            interests=tuple(sorted(name for name, sensitive in interests[member_id] if not sensitive)),
            sensitive_interests=tuple(sorted(name for name, sensitive in interests[member_id] if sensitive)),
        )
        for member_id, row in found.items()
    }


async def by_number(session: AsyncSession, numbers: Collection[str], *, lock: bool = True) -> dict[str, Member]:
    """Members by membership number."""
    members = await load(session, (await ids_of(session, numbers)).values(), lock=lock)
    return {member.membership_number: member for member in members.values()}


async def ids_of(session: AsyncSession, numbers: Collection[str]) -> dict[str, UUID]:
    """Ids of members by membership number."""
    if not numbers:
        return {}
    statement = sa_select(col(MemberRow.membership_number), col(MemberRow.member_id))
    found = await session.execute(statement.where(rows.among(col(MemberRow.membership_number), numbers)))
    return {row.membership_number: row.member_id for row in found}


async def find(session: AsyncSession, wanted: MemberFilter, today: date) -> list[UUID]:
    """Ids of the members that a filter matches, in order of id."""
    statement = select(MemberRow.member_id).order_by(col(MemberRow.member_id)).limit(wanted.limit)
    if wanted.branch is not None:
        statement = statement.where(
            exists(
                select(MembershipRow.member_id)
                .join(UnitRow, col(UnitRow.id) == col(MembershipRow.body))
                .where(
                    col(MembershipRow.member_id) == col(MemberRow.member_id),
                    col(UnitRow.path).contains([wanted.branch]),
                    or_(col(MembershipRow.valid_to).is_(None), col(MembershipRow.valid_to) >= today),
                )
            )
        )
    if wanted.membership_number is not None:
        statement = statement.where(MemberRow.membership_number == wanted.membership_number)
    if wanted.status is not None:
        statement = statement.where(MemberRow.status == wanted.status)
    if wanted.after is not None:
        statement = statement.where(col(MemberRow.member_id) > wanted.after)
    return list(await session.exec(statement))


async def versions_of(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, int]:
    """Versions of those that exist."""
    found = await session.execute(_VERSIONS.where(rows.among(col(MemberRow.member_id), ids)))
    return {row.member_id: row.version for row in found}


async def published_versions(session: AsyncSession) -> dict[UUID, int]:
    """Versions of every member whose present version has left the outbox."""
    waiting = set((await session.execute(sa_select(outbox.c.key).where(outbox.c.topic == MEMBERS.name))).scalars())
    found = await session.execute(_VERSIONS)
    return {row.member_id: row.version for row in found if str(row.member_id) not in waiting}


async def at_addresses(session: AsyncSession, hashes: Collection[str]) -> dict[str, set[UUID]]:
    """Ids of the members who have these addresses now, by the hash of the address."""
    statement = sa_select(col(ContactRow.address_hash), col(ContactRow.member_id))
    found: dict[str, set[UUID]] = defaultdict(set)
    for row in await session.execute(statement.where(rows.among(col(ContactRow.address_hash), hashes))):
        found[row.address_hash].add(row.member_id)
    return found


async def _children(
    session: AsyncSession,
    table: type[SQLModel],
    ids: Collection[UUID],
    make: Callable[..., Child],
    names: Iterable[str],
) -> dict[UUID, list[Child]]:
    """Made from the named columns. Read as plain rows, not as objects of the session: half the time."""
    columns = table.__table__.c  # type: ignore[attr-defined]
    order = [columns.member_id, *([columns.position] if "position" in columns else [])]
    statement = sa_select(columns.member_id, *(columns[name] for name in names))
    children: dict[UUID, list[Child]] = defaultdict(list)
    for member_id, *values in await session.execute(
        statement.where(rows.among(columns.member_id, ids)).order_by(*order)
    ):
        children[member_id].append(make(*values))
    return children


async def save(
    session: AsyncSession, pairs: Sequence[tuple[Member | None, Member]], hash_address: Callable[[str, str], str]
) -> None:
    """Store what changed between each pair of before and after; `hash_address` takes a channel and an address."""

    def contact_points(member: Member) -> list[rows.Row]:
        return [
            rows.fields_of(point) | {"address_hash": hash_address(point.channel, point.address)}
            for point in member.contact_points
        ]

    after = [member for _, member in pairs]
    scalars = [{name: getattr(member, name) for name in MemberRow.model_fields} for member in after]
    await rows.upsert(session, MemberRow, "member_id", scalars)
    await _replace(session, MembershipRow, pairs, lambda member: [rows.fields_of(each) for each in member.memberships])
    await _replace(session, ContactRow, pairs, contact_points)
    await _replace(session, InterestRow, pairs, _interests, numbered=False)
    known = {evidence.consent_id for before, _ in pairs if before for evidence in before.evidence}
    added = [
        rows.fields_of(evidence) | {"member_id": member.member_id}
        for member in after
        for evidence in member.evidence
        if evidence.consent_id not in known
    ]
    await rows.insert(session, ConsentRow, added)


def _interests(member: Member) -> list[rows.Row]:
    return [
        *({"name": name, "sensitive": False} for name in member.interests),
        *({"name": name, "sensitive": True} for name in member.sensitive_interests),
    ]


async def _replace(
    session: AsyncSession,
    table: type[SQLModel],
    pairs: Iterable[tuple[Member | None, Member]],
    children: Callable[[Member], Sequence[rows.Row]],
    *,
    numbered: bool = True,
) -> None:
    changed = [(before, after) for before, after in pairs if before is None or children(before) != children(after)]
    known = [after.member_id for before, after in changed if before is not None]
    if known:
        await session.exec(delete(table).where(rows.among(table.__table__.c.member_id, known)))  # type: ignore[attr-defined]
    added = [
        {**row, "member_id": after.member_id, **({"position": position} if numbered else {})}
        for _, after in changed
        for position, row in enumerate(children(after))
    ]
    await rows.insert(session, table, added)


async def erase(session: AsyncSession, ids: Collection[UUID]) -> None:
    """Delete members and, by cascade, everything of theirs."""
    await session.exec(delete(MemberRow).where(rows.among(col(MemberRow.member_id), ids)))
