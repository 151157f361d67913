"""Requests become rows; a repeat changes nothing."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from uuid import UUID

from chassis.db.statements import run, run_many
from contracts.events.deliveries import DeliveryRequested
from dispatch.brake.sql import CLAIMING
from dispatch.ledger.order import open_lanes, places
from dispatch.ledger.passed_sql import skipped_step
from sqlmodel.ext.asyncio.session import AsyncSession

_ADMIT = """
WITH n AS MATERIALIZED (
    SELECT * FROM json_to_recordset(CAST(:rows AS json)) AS n(delivery_id uuid,
        month date, campaign_id uuid, sender text, step smallint, variant text, script_version integer, member_id uuid,
        member_version integer, branch text, region text, urgent boolean, expires_at timestamptz, merge jsonb,
        suspect boolean)
), {places}
INSERT INTO deliveries (delivery_id, month, campaign_id, sender, step, variant, script_version, member_id,
    member_version, branch, region, urgent, expires_at, merge, admitted_at, place, due, not_before, waiting_for, state,
    reason, rev, passed)
SELECT n.delivery_id, n.month, n.campaign_id, n.sender, n.step, n.variant, n.script_version, n.member_id,
    n.member_version, n.branch, n.region, n.urgent, n.expires_at,
    CASE WHEN c.erased THEN '{}'::jsonb ELSE n.merge END, :now,
    taken.before + row_number() OVER (PARTITION BY n.campaign_id, n.sender),
    k.state IS DISTINCT FROM 'paused' OR n.suspect,
    CASE WHEN k.state = 'paused' AND NOT n.suspect THEN greatest(n.expires_at, :now) ELSE :now END,
    CASE WHEN n.suspect THEN 'recovery' WHEN k.state = 'paused' AND c.erased IS NOT TRUE THEN 'paused' END,
    CASE WHEN c.erased THEN 'skipped' ELSE 'requested' END, CASE WHEN c.erased THEN 'erased' ELSE '' END,
    CASE WHEN c.erased THEN 1 ELSE 0 END,
    CASE WHEN c.erased THEN {skipped}
         ELSE '[]'::jsonb END
FROM n JOIN taken USING (campaign_id, sender)
LEFT JOIN contacts c ON c.member_id = n.member_id LEFT JOIN campaigns k ON k.campaign_id = n.campaign_id
ON CONFLICT DO NOTHING
""".replace("{skipped}", skipped_step("1", "0", "'erased'")).replace("{places}", places("last_place"))
_SENDERS = f"""
SELECT campaign_id, senders FROM campaigns WHERE {CLAIMING} AND campaign_id = ANY(CAST(:campaigns AS uuid[]))
"""  # noqa: S608 - texts of ours
"""The lock comes first: what is then read of a campaign is followed, see `campaign_changes`."""


async def ensure_months(session: AsyncSession, months: Collection[date]) -> None:
    """Make the partitions of these months; takes a lock on the ledger for an instant where one is new."""
    for month in sorted(months):
        await run(session, "SELECT ensure_month(CAST(:month AS date))", month=month)


async def admit(session: AsyncSession, requests: Sequence[tuple[DeliveryRequested, bool]], now: datetime) -> int:
    """Requests, each with whether it is a suspect; how many were new. A member known to be erased is skipped at once;
    a suspect is looked for before it is sent. What belongs to a paused campaign is put aside. The sender is a first
    guess, which the claim corrects: it may be that of a body between those that the request names."""
    rows = [dict(item) | {"month": month_of(item.launched_on), "suspect": suspect} for item, suspect in requests]
    senders = await _senders(session, {item.campaign_id for item, _ in requests})
    for row in rows:
        of = senders.get(row["campaign_id"], {})
        row["sender"] = next((of[body] for body in (row["branch"], row["region"], "") if body in of), "")
    await open_lanes(session, rows)
    return (await run_many(session, _ADMIT, rows, now=now)).rowcount


async def _senders(session: AsyncSession, campaigns: Collection[UUID]) -> dict[UUID, dict[str, str]]:
    rows = await run(session, _SENDERS, campaigns=list(campaigns))
    return {row.campaign_id: row.senders for row in rows}


def month_of(day: date) -> date:
    """The ledger's partition of a day."""
    return day.replace(day=1)
