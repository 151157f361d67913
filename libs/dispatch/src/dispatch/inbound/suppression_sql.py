"""STOP and START by address. Both take the contacts at that address FOR UPDATE, a claim takes them FOR SHARE."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.db.statements import run
from sqlmodel.ext.asyncio.session import AsyncSession

ADDRESSES = "SELECT pg_advisory_xact_lock{mode}(hashtextextended('addresses', 0))"
"""Members' addresses change under the shared form, a STOP is taken under the exclusive one: so a STOP never misses a
contact that is just being given its address. Claims take no part in it."""
_AT = """
SELECT member_id, language, address_hash FROM contacts WHERE address_hash = ANY(CAST(:hashes AS text[]))
ORDER BY member_id {lock}
"""
_STOP = """
INSERT INTO suppressions AS s (address_hash, since, source)
SELECT n.hash, :since, :source FROM unnest(CAST(:hashes AS text[])) AS n(hash) ORDER BY n.hash
ON CONFLICT (address_hash) DO UPDATE SET
    source = CASE WHEN s.lifted_at IS NULL AND s.since >= excluded.since THEN s.source ELSE excluded.source END,
    since = CASE WHEN s.lifted_at IS NULL THEN greatest(s.since, excluded.since) ELSE excluded.since END,
    lifted_at = NULL
"""
_LIFT = """
INSERT INTO suppressions AS s (address_hash, since, source, lifted_at) VALUES (:hash, :at, 'start', :at)
ON CONFLICT (address_hash) DO UPDATE SET lifted_at = greatest(coalesce(s.lifted_at, :at), :at) WHERE s.since <= :at
"""
_STOP_AGAIN = """
INSERT INTO suppressions AS s (address_hash, since, source) VALUES (:hash, :at, 'replayed')
ON CONFLICT (address_hash) DO UPDATE SET since = excluded.since, source = excluded.source, lifted_at = NULL
WHERE s.since < excluded.since AND (s.lifted_at IS NULL OR s.lifted_at < excluded.since)
"""
_BY_SOURCE = (
    "SELECT source, count(*) AS number FROM suppressions WHERE lifted_at IS NULL GROUP BY source ORDER BY source"
)
_ASKS = """
SELECT n.place - 1 AS place, s.* FROM unnest(CAST(:hashes AS text[]), CAST(:senders AS text[]),
    CAST(:ats AS timestamptz[])) WITH ORDINALITY AS n(hash, sender, at, place),
LATERAL (
    SELECT delivery_id, campaign_id, step, member_id, poll_id, test FROM served
    WHERE address_hash = n.hash AND poll_id IS NOT NULL AND expires_at > n.at AND asked_at <= n.at
        AND (sender = '' OR n.sender = '' OR sender = n.sender OR sender NOT LIKE '+%')
        AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.delivery_id = served.delivery_id
            AND d.state IN ('requested', 'skipped', 'rejected'))  -- nobody can answer what never went
    ORDER BY asked_at DESC LIMIT 1
) s
"""
Resident = tuple[UUID, str]
"""A member at an address, with their language."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A delivery that asked a poll."""

    delivery_id: UUID
    campaign_id: UUID
    step: int
    member_id: UUID
    poll_id: UUID
    test: bool


async def members_at(session: AsyncSession, hashes: Sequence[str], *, locked: bool) -> dict[str, list[Resident]]:
    """Everybody at these addresses."""
    if locked:
        await run(session, ADDRESSES.format(mode=""))
    there: dict[str, list[Resident]] = {}
    for row in await run(session, _AT.format(lock="FOR UPDATE" if locked else ""), hashes=sorted(set(hashes))):
        there.setdefault(row.address_hash, []).append((row.member_id, row.language))
    return there


async def suppress(session: AsyncSession, hashes: Sequence[str], since: datetime, source: str) -> None:
    """Nothing is claimed for these addresses once this is committed. Lock the members there first."""
    await run(session, _STOP, hashes=sorted(set(hashes)), since=since, source=source)


async def by_source(session: AsyncSession) -> dict[str, int]:
    """How many addresses are suppressed now, by what suppressed them."""
    rows = await run(session, _BY_SOURCE)
    return {row.source: row.number for row in rows}


async def lift(session: AsyncSession, address_hash: str, at: datetime) -> None:
    """A START from the address itself, unless a later STOP is already there. One without a STOP is kept too: an older
    STOP may yet be replayed."""
    await run(session, _LIFT, hash=address_hash, at=at)


async def stop_again(session: AsyncSession, address_hash: str, at: datetime) -> None:
    """A STOP read back from `replies`: changes nothing unless this database has lost it."""
    await run(session, _STOP_AGAIN, hash=address_hash, at=at)


async def open_asks(session: AsyncSession, texts: Sequence[tuple[str, str, datetime]]) -> dict[int, Ask]:
    """For each (address, our number, moment) by its place: the latest delivery with an open ask to that address from
    that sender then. A messaging service chooses the number itself, so its asks match any of our numbers."""
    hashes, senders, ats = ([text[column] for text in texts] for column in range(3))
    rows = await run(session, _ASKS, hashes=hashes, senders=senders, ats=ats)
    return {row.place: Ask(**{name: getattr(row, name) for name in Ask.__dataclass_fields__}) for row in rows}
