"""Members in the database: whole aggregates in, whole aggregates out, many at a time."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any
from uuid import UUID

from members.domain.consents import Evidence
from members.domain.contacts import Contact
from members.domain.members import Member, Place
from members.models import ConsentRow, ContactRow, InterestRow, MemberRow, MembershipRow
from members.repository import bulk
from sqlalchemy import select as sa_select
from sqlmodel import SQLModel, col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession


async def load(session: AsyncSession, ids: Collection[UUID], *, lock: bool = True) -> dict[UUID, Member]:
    """Members by id; locked until the transaction ends, in order of id so that nobody waits in a circle."""
    if not ids:
        return {}
    columns = MemberRow.__table__.c  # type: ignore[attr-defined]
    statement = sa_select(*columns).where(bulk.among(columns.member_id, ids)).order_by(columns.member_id)
    rows = (await session.execute(statement.with_for_update() if lock else statement)).all()
    found = [row.member_id for row in rows]
    places = await _children(session, MembershipRow, found, _place)
    contacts = await _children(session, ContactRow, found, _contact)
    evidence = await _children(session, ConsentRow, found, _evidence)
    interests = await _children(session, InterestRow, found, lambda row: (row.name, row.sensitive))
    return {
        row.member_id: Member(
            **row._mapping,
            places=tuple(places[row.member_id]),
            contacts=tuple(contacts[row.member_id]),
            evidence=tuple(evidence[row.member_id]),
            interests=tuple(sorted(name for name, sensitive in interests[row.member_id] if not sensitive)),
            sensitive=tuple(sorted(name for name, sensitive in interests[row.member_id] if sensitive)),
        )
        for row in rows
    }


async def by_number(session: AsyncSession, numbers: Collection[str], *, lock: bool = True) -> dict[str, Member]:
    """Members by membership number."""
    if not numbers:
        return {}
    ids = await session.exec(select(MemberRow.member_id).where(bulk.among(col(MemberRow.membership_number), numbers)))
    members = await load(session, ids.all(), lock=lock)
    return {member.membership_number: member for member in members.values()}


async def ids_of(session: AsyncSession, numbers: Collection[str]) -> dict[str, UUID]:
    """Whose these numbers are."""
    columns = MemberRow.__table__.c  # type: ignore[attr-defined]
    statement = sa_select(columns.membership_number, columns.member_id)
    rows = await session.execute(statement.where(bulk.among(columns.membership_number, numbers)))
    return {row.membership_number: row.member_id for row in rows}


async def at_addresses(session: AsyncSession, hashes: Collection[str]) -> dict[str, set[UUID]]:
    """Who has these addresses now, by the hash of the address."""
    columns = ContactRow.__table__.c  # type: ignore[attr-defined]
    statement = sa_select(columns.address_hash, columns.member_id).where(bulk.among(columns.address_hash, hashes))
    found: dict[str, set[UUID]] = defaultdict(set)
    for row in await session.execute(statement):
        found[row.address_hash].add(row.member_id)
    return found


async def _children(session: AsyncSession, table: Any, ids: Sequence[UUID], make: Any) -> dict[UUID, list[Any]]:
    columns = table.__table__.c
    order = [columns.member_id, *([columns.position] if "position" in columns else [])]
    rows = await session.execute(sa_select(*columns).where(bulk.among(columns.member_id, ids)).order_by(*order))
    found: dict[UUID, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.member_id].append(make(row))
    return found


def _place(row: Any) -> Place:
    return Place(row.body, row.valid_from, row.valid_to, row.employer, row.job, row.unit)


def _contact(row: Any) -> Contact:
    return Contact(row.label, row.channel, row.address, row.preferred, row.textable)


def _evidence(row: Any) -> Evidence:
    return Evidence(
        row.consent_id, row.channel, tuple(row.purposes), row.granted, row.source, row.wording_version, row.at
    )


async def save(
    session: AsyncSession, pairs: Sequence[tuple[Member | None, Member]], hashed: Callable[[str, str], str]
) -> None:
    """Store what changed between each pair of before and after; `hashed` hashes a channel's address."""

    def contacts(member: Member) -> list[dict[str, Any]]:
        return [bulk.columns(each) | {"address_hash": hashed(each.channel, each.address)} for each in member.contacts]

    after = [member for _, member in pairs]
    await bulk.upsert(session, MemberRow, "member_id", [_row(member) for member in after])
    await _replace(session, MembershipRow, pairs, lambda member: [bulk.columns(place) for place in member.places])
    await _replace(session, ContactRow, pairs, contacts)
    await _replace(session, InterestRow, pairs, _interests, numbered=False)
    known = {word.consent_id for before, _ in pairs if before for word in before.evidence}
    added = [
        bulk.columns(word) | {"member_id": member.member_id}
        for member in after
        for word in member.evidence
        if word.consent_id not in known
    ]
    await bulk.insert(session, ConsentRow, added)


def _row(member: Member) -> dict[str, Any]:
    return {name: getattr(member, name) for name in MemberRow.model_fields}


def _interests(member: Member) -> list[dict[str, Any]]:
    return [
        *({"name": name, "sensitive": False} for name in member.interests),
        *({"name": name, "sensitive": True} for name in member.sensitive),
    ]


async def _replace(
    session: AsyncSession,
    table: type[SQLModel],
    pairs: Iterable[tuple[Member | None, Member]],
    children: Any,
    *,
    numbered: bool = True,
) -> None:
    changed = [(before, after) for before, after in pairs if before is None or children(before) != children(after)]
    known = [after.member_id for before, after in changed if before is not None]
    if known:
        await session.exec(delete(table).where(bulk.among(table.__table__.c.member_id, known)))  # type: ignore[attr-defined]
    rows = [
        row | {"member_id": after.member_id} | ({"position": position} if numbered else {})
        for _, after in changed
        for position, row in enumerate(children(after))
    ]
    await bulk.insert(session, table, rows)


async def erase(session: AsyncSession, member_id: UUID) -> None:
    """The row and, by cascade, everything of theirs."""
    await session.exec(delete(MemberRow).where(col(MemberRow.member_id) == member_id))
