"""STOP and START by address. Both take the contacts at that address FOR UPDATE, a claim takes them FOR SHARE."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from chassis.db.statements import run
from contracts.events.replies import OpenAsk
from dispatch.inbound import address_holds_sql
from dispatch.inbound.keyword_order import Standing
from sqlmodel.ext.asyncio.session import AsyncSession

ADDRESSES = "SELECT pg_advisory_xact_lock{mode}(hashtextextended('addresses', 0))"
"""Members' addresses change under the shared form, a STOP is taken under the exclusive one: so a STOP never misses a
contact that is just being given its address. Claims take no part in it."""
_AT = """
SELECT member_id, language, address_hash FROM contacts WHERE address_hash = ANY(CAST(:hashes AS text[]))
ORDER BY member_id {lock}
"""
_STOP = """
INSERT INTO suppressions AS s (address_hash, since, source, reply_id)
SELECT n.hash, :since, :source, CAST(:reply AS uuid) FROM unnest(CAST(:hashes AS text[])) AS n(hash) ORDER BY n.hash
ON CONFLICT (address_hash) DO UPDATE SET
    source = CASE WHEN s.lifted_at IS NULL AND s.since >= excluded.since THEN s.source ELSE excluded.source END,
    reply_id = CASE WHEN s.lifted_at IS NULL AND s.since >= excluded.since THEN s.reply_id ELSE excluded.reply_id END,
    since = CASE WHEN s.lifted_at IS NULL THEN greatest(s.since, excluded.since) ELSE excluded.since END,
    lifted_at = NULL
"""
_LIFT = """
INSERT INTO suppressions AS s (address_hash, since, source, lifted_at) VALUES (:hash, :at, 'start', :at)
ON CONFLICT (address_hash) DO UPDATE SET lifted_at = greatest(coalesce(s.lifted_at, :at), :at) WHERE s.since < :at
"""
_STOP_AGAIN = """
INSERT INTO suppressions AS s (address_hash, since, source) VALUES (:hash, :at, 'replayed')
ON CONFLICT (address_hash) DO UPDATE SET since = excluded.since, source = excluded.source, reply_id = NULL,
    lifted_at = NULL
WHERE CASE WHEN s.lifted_at IS NULL THEN s.since < excluded.since ELSE s.lifted_at <= excluded.since END
"""
_STANDING = "SELECT since, lifted_at, source, reply_id FROM suppressions WHERE address_hash = :hash"
_BY_SOURCE = (
    "SELECT source, count(*) AS number FROM suppressions WHERE lifted_at IS NULL GROUP BY source ORDER BY source"
)
_ASKS = """
SELECT n.place - 1 AS place, s.* FROM unnest(CAST(:hashes AS text[]), CAST(:senders AS text[]),
    CAST(:ats AS timestamptz[])) WITH ORDINALITY AS n(hash, sender, at, place),
LATERAL (
    SELECT DISTINCT ON (poll_id) delivery_id, campaign_id, step, member_id, poll_id, test, asked_at FROM served
    WHERE address_hash = n.hash AND poll_id IS NOT NULL AND expires_at > n.at AND asked_at <= n.at
        AND (sender = '' OR n.sender = '' OR sender = n.sender OR sender NOT LIKE '+%')
        AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.delivery_id = served.delivery_id
            AND d.state IN ('requested', 'skipped', 'rejected'))  -- nobody can answer what never went
    ORDER BY poll_id, asked_at DESC
) s ORDER BY place, s.asked_at DESC
"""
Resident = tuple[UUID, str]
"""A member at an address, with their language."""


async def members_at(session: AsyncSession, hashes: Sequence[str], *, locked: bool) -> dict[str, list[Resident]]:
    """Everybody at these addresses."""
    if locked:
        await run(session, ADDRESSES.format(mode=""))
    there: dict[str, list[Resident]] = {}
    for row in await run(session, _AT.format(lock="FOR UPDATE" if locked else ""), hashes=sorted(set(hashes))):
        there.setdefault(row.address_hash, []).append((row.member_id, row.language))
    return there


async def suppress(
    session: AsyncSession, hashes: Sequence[str], since: datetime, source: str, reply_id: UUID | None = None
) -> None:
    """Nothing is claimed for these addresses once this is committed. Lock the members there first."""
    await run(session, _STOP, hashes=sorted(set(hashes)), since=since, source=source, reply=reply_id)
    await address_holds_sql.end(session, hashes, since)


async def standing(session: AsyncSession, address_hash: str) -> Standing | None:
    """The latest STOP or START of an address. Lock the members there first."""
    row = (await run(session, _STANDING, hash=address_hash)).one_or_none()
    return None if row is None else Standing(**row._mapping)


async def by_source(session: AsyncSession) -> dict[str, int]:
    """How many addresses are suppressed now, by what suppressed them."""
    rows = await run(session, _BY_SOURCE)
    return {row.source: row.number for row in rows}


async def lift(session: AsyncSession, address_hash: str, at: datetime) -> None:
    """A START from the address itself, unless a later STOP is already there. One without a STOP is kept too: an older
    STOP may yet be replayed."""
    await run(session, _LIFT, hash=address_hash, at=at)
    await address_holds_sql.end(session, [address_hash], at)


async def stop_again(session: AsyncSession, address_hash: str, at: datetime) -> None:
    """A STOP read back from `replies`: changes nothing unless this database has lost it."""
    await run(session, _STOP_AGAIN, hash=address_hash, at=at)
    await address_holds_sql.end(session, [address_hash], at)


async def open_asks(session: AsyncSession, texts: Sequence[tuple[str, str, datetime]]) -> dict[int, list[OpenAsk]]:
    """For each (address, our number, moment) by its place: of each open poll the latest delivery that asked it there
    from that sender, the latest first. A messaging service chooses the number itself, so its asks match any of ours."""
    hashes, senders, ats = ([text[column] for text in texts] for column in range(3))
    rows = await run(session, _ASKS, hashes=hashes, senders=senders, ats=ats)
    asks: dict[int, list[OpenAsk]] = {}
    for row in rows:
        asks.setdefault(row.place, []).append(OpenAsk(**{name: getattr(row, name) for name in OpenAsk.model_fields}))
    return asks
