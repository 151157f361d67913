"""Addresses from which an unclear stop came: nothing is sent there until it is decided."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.db.statements import run
from sqlmodel.ext.asyncio.session import AsyncSession

_HOLD = """
INSERT INTO address_holds AS h (address_hash, hold_id, since, words)
SELECT :hash, :id, :since, :words WHERE NOT EXISTS (
    SELECT 1 FROM suppressions s WHERE s.address_hash = :hash AND s.lifted_at > :since)
ON CONFLICT (address_hash) DO UPDATE SET hold_id = excluded.hold_id,
    words = right(h.words || E'\\n' || excluded.words, 4000)
"""
_END = "DELETE FROM address_holds WHERE address_hash = ANY(CAST(:hashes AS text[])) AND since <= :at"
_RESIDENTS = """
SELECT h.hold_id, h.address_hash, h.since, h.words,
    coalesce(array_agg(c.member_id ORDER BY c.member_id) FILTER (WHERE c.member_id IS NOT NULL), '{}') AS members
FROM address_holds h LEFT JOIN contacts c USING (address_hash)
WHERE (CAST(:id AS uuid) IS NULL OR h.hold_id = :id) AND (CAST(:after AS uuid) IS NULL OR h.hold_id > :after)
GROUP BY h.address_hash
HAVING CAST(:branch AS text) IS NULL OR bool_and(c.member_id IS NOT NULL AND EXISTS (
    SELECT 1 FROM jsonb_array_elements(c.places) AS p(place)
    WHERE p.place->0 @> to_jsonb(CAST(:branch AS text))
        AND (p.place->>2 IS NULL OR (p.place->>2)::date > CAST(:now AS timestamptz)::date)))
ORDER BY h.hold_id LIMIT :most
"""
"""A branch sees what only its own members can have written."""
_UNDECIDED = "SELECT address_hash FROM address_holds WHERE since <= :before ORDER BY since LIMIT :most"
_STANDING = """
SELECT count(*) AS open, coalesce(extract(epoch FROM CAST(:now AS timestamptz) - min(since)), 0) AS oldest
FROM address_holds
"""
_FORGET = """
UPDATE address_holds h SET words = '' FROM contacts c
WHERE c.member_id = ANY(CAST(:members AS uuid[])) AND h.address_hash = c.address_hash
"""


@dataclass(frozen=True, slots=True)
class AddressHold:
    """An address that waits for a person, what was written from there, and whose it is."""

    hold_id: UUID
    address_hash: str
    since: datetime
    words: str
    members: tuple[UUID, ...]


async def hold(session: AsyncSession, address_hash: str, hold_id: UUID, since: datetime, words: str) -> None:
    """Nothing is claimed for this address once this is committed, unless a later START is there. Lock the members there
    first. Further texts are added to the first
    under a new id, so that nobody decides about words that they did not see."""
    await run(session, _HOLD, hash=address_hash, id=hold_id, since=since, words=words)


async def end(session: AsyncSession, address_hashes: Sequence[str], at: datetime) -> None:
    """A decision, a STOP or a START at that moment."""
    await run(session, _END, hashes=list(address_hashes), at=at)


async def page(
    session: AsyncSession,
    now: datetime,
    *,
    branch: str | None,
    after: UUID | None,
    most: int,
    hold_id: UUID | None = None,
) -> list[AddressHold]:
    """By id; `after` is the last one of the page before, `hold_id` the only one asked for."""
    rows = await run(session, _RESIDENTS, now=now, branch=branch, after=after, most=most, id=hold_id)
    return [AddressHold(**{**row._mapping, "members": tuple(row.members)}) for row in rows]


async def undecided(session: AsyncSession, before: datetime, most: int) -> list[str]:
    """Addresses that have waited since before then."""
    return list((await run(session, _UNDECIDED, before=before, most=most)).scalars())


async def standing(session: AsyncSession, now: datetime) -> tuple[int, float]:
    """How many wait, and the oldest one's age in seconds."""
    row = (await run(session, _STANDING, now=now)).one()
    return row.open, float(row.oldest)


async def forget_words(session: AsyncSession, members: Sequence[UUID]) -> None:
    """What these wrote goes; the address stays held."""
    await run(session, _FORGET, members=list(members))
