"""Removes what ties a ledger to an erased member (decision 0014).

Rows are found by the index on the member; locked rows are left for the next round, so that nothing here waits for a
claim. While something is left of a member, each round looks; else only the last one, ten minutes after the erasure.
"""

from collections.abc import Sequence
from uuid import UUID

from chassis.db.statements import run
from sqlmodel.ext.asyncio.session import AsyncSession

_NOTE = """
INSERT INTO erasures (member_id, at, look_at)
SELECT unnest(CAST(:members AS uuid[])), clock_timestamp(), clock_timestamp()
ON CONFLICT (member_id) DO UPDATE SET at = excluded.at, look_at = excluded.look_at
"""
_PENDING = """
SELECT member_id FROM erasures
WHERE look_at <= clock_timestamp() AND (CAST(:after AS uuid) IS NULL OR member_id > :after)
ORDER BY member_id LIMIT :most
"""
_UNTIE = """
WITH mine AS (
    SELECT delivery_id, month, campaign_id, step, address_hash, state FROM deliveries
    WHERE member_id = ANY(CAST(:members AS uuid[])) AND (address_hash IS NOT NULL OR merge <> '{}'::jsonb)
    ORDER BY delivery_id FOR UPDATE SKIP LOCKED
), ended AS (
    SELECT * FROM mine WHERE state NOT IN ('requested', 'sending', 'in_doubt', 'held')
), places AS (
    SELECT s.campaign_id, s.step, s.address_hash, s.slot,
        e.state IN ('skipped', 'rejected') OR s.slot <> CAST(:shared AS uuid) AS free
    FROM ended e JOIN served s USING (campaign_id, step, address_hash, delivery_id)
    ORDER BY s.campaign_id, s.step, s.address_hash, s.slot FOR UPDATE OF s SKIP LOCKED
), given_up AS (
    DELETE FROM served s USING places p WHERE p.free AND (s.campaign_id, s.step, s.address_hash, s.slot)
        = (p.campaign_id, p.step, p.address_hash, p.slot)
), kept AS (
    UPDATE served s SET delivery_id = NULL, member_id = NULL, poll_id = NULL FROM places p
    WHERE NOT p.free AND (s.campaign_id, s.step, s.address_hash, s.slot)
        = (p.campaign_id, p.step, p.address_hash, p.slot)
), unheld AS (
    UPDATE attempts a SET address = NULL FROM mine m
    WHERE m.state = 'held' AND a.delivery_id = m.delivery_id AND a.address IS NOT NULL
)
UPDATE deliveries d SET merge = '{}'::jsonb,
    address_hash = CASE WHEN e.delivery_id IS NULL THEN d.address_hash END
FROM mine m LEFT JOIN ended e USING (delivery_id) WHERE d.delivery_id = m.delivery_id AND d.month = m.month
"""
_PARTICIPATION = "DELETE FROM participation WHERE member_id = ANY(CAST(:members AS uuid[]))"
_DONE = """
WITH untied AS (
    SELECT member_id, at + interval '10 minutes' AS last_look FROM erasures
    WHERE member_id = ANY(CAST(:members AS uuid[])) AND member_id NOT IN (
        SELECT d.member_id FROM deliveries d
        LEFT JOIN attempts a ON a.delivery_id = d.delivery_id AND a.address IS NOT NULL
        WHERE d.member_id = ANY(CAST(:members AS uuid[])) AND (d.address_hash IS NOT NULL OR d.merge <> '{}'::jsonb
            OR d.state IN ('requested', 'sending', 'in_doubt', 'held') OR a.address IS NOT NULL))
), later AS (
    UPDATE erasures e SET look_at = u.last_look FROM untied u
    WHERE e.member_id = u.member_id AND u.last_look > statement_timestamp()
)
DELETE FROM erasures e USING untied u WHERE e.member_id = u.member_id AND u.last_look <= statement_timestamp()
"""
"""Ten minutes: an admission or a participation that did not see the erasure may still be on its way."""
_SHARED = UUID(int=0)
"""The slot of an address that gets one message, however many members have it."""


async def note(session: AsyncSession, members: Sequence[UUID]) -> None:
    """These are erased: what ties the ledger to them is to be removed."""
    await run(session, _NOTE, members=sorted(members))


async def pending(session: AsyncSession, after: UUID | None, most: int) -> list[UUID]:
    """Erased members who are to be looked at now, by id."""
    return list((await run(session, _PENDING, after=after, most=most)).scalars())


async def untie(session: AsyncSession, members: Sequence[UUID]) -> None:
    """Remove what can be removed now of these members, and note when to look at them again."""
    await run(session, _UNTIE, members=list(members), shared=_SHARED)
    await run(session, _PARTICIPATION, members=list(members))
    await run(session, _DONE, members=list(members))
