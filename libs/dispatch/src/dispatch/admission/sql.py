"""Requests become rows; a repeat changes nothing."""

from collections.abc import Collection, Sequence
from datetime import date, datetime

import orjson
from chassis.db.statements import run
from contracts.deliveries import DeliveryRequested
from dispatch.ledger.history import skipped_step
from sqlmodel.ext.asyncio.session import AsyncSession

_ADMIT = """
INSERT INTO deliveries (delivery_id, month, campaign_id, step, variant, script_version, member_id, member_version,
    branch, region, urgent, expires_at, merge, admitted_at, not_before, waiting_for, state, reason,
    rev, passed)
SELECT n.id, n.month, n.campaign, n.step, n.variant, n.script, n.member, n.version, n.branch, n.region, n.urgent,
    n.expires, CASE WHEN c.erased THEN '{}'::jsonb ELSE n.merge END, :now,
    CASE WHEN k.state = 'paused' AND NOT n.suspect THEN greatest(n.expires, :now) ELSE :now END,
    CASE WHEN n.suspect THEN 'recovery' WHEN k.state = 'paused' AND c.erased IS NOT TRUE THEN 'paused' END,
    CASE WHEN c.erased THEN 'skipped' ELSE 'requested' END, CASE WHEN c.erased THEN 'erased' ELSE '' END,
    CASE WHEN c.erased THEN 1 ELSE 0 END,
    CASE WHEN c.erased THEN {skipped}
         ELSE '[]'::jsonb END
FROM unnest(CAST(:ids AS uuid[]), CAST(:months AS date[]), CAST(:campaigns AS uuid[]), CAST(:steps AS smallint[]),
    CAST(:variants AS text[]), CAST(:scripts AS integer[]), CAST(:members AS uuid[]), CAST(:versions AS integer[]),
    CAST(:branches AS text[]), CAST(:regions AS text[]), CAST(:urgents AS boolean[]),
    CAST(:expiries AS timestamptz[]), CAST(:merges AS jsonb[]), CAST(:suspects AS boolean[]))
    AS n(id, month, campaign, step, variant, script, member, version, branch, region, urgent, expires, merge, suspect)
LEFT JOIN contacts c ON c.member_id = n.member LEFT JOIN campaigns k ON k.campaign_id = n.campaign
ON CONFLICT DO NOTHING
""".replace("{skipped}", skipped_step("1", "0", "'erased'"))
_STEPS = """
INSERT INTO campaign_steps (campaign_id, step, month)
SELECT * FROM unnest(CAST(:campaigns AS uuid[]), CAST(:steps AS smallint[]), CAST(:months AS date[]))
ON CONFLICT DO NOTHING
"""


async def ensure_months(session: AsyncSession, months: Collection[date]) -> None:
    """Make the partitions of these months; takes a lock on the ledger for an instant where one is new."""
    for month in sorted(months):
        await run(session, "SELECT ensure_month(CAST(:month AS date))", month=month)


async def admit(
    session: AsyncSession, requests: Sequence[DeliveryRequested], suspects: Sequence[bool], now: datetime
) -> int:
    """How many were new. A member known to be erased is skipped at once; a suspect is looked for before it is sent.
    What belongs to a paused campaign is put aside."""
    steps = sorted({(item.campaign_id, item.step, month_of(item.launched_on)) for item in requests})
    await run(
        session,
        _STEPS,
        campaigns=[campaign for campaign, _, _ in steps],
        steps=[step for _, step, _ in steps],
        months=[month for _, _, month in steps],
    )
    result = await run(
        session,
        _ADMIT,
        now=now,
        ids=[item.delivery_id for item in requests],
        months=[month_of(item.launched_on) for item in requests],
        campaigns=[item.campaign_id for item in requests],
        steps=[item.step for item in requests],
        variants=[item.variant for item in requests],
        scripts=[item.script_version for item in requests],
        members=[item.member_id for item in requests],
        versions=[item.member_version for item in requests],
        branches=[item.branch for item in requests],
        regions=[item.region for item in requests],
        urgents=[item.urgent for item in requests],
        expiries=[item.expires_at for item in requests],
        suspects=list(suspects),
        merges=[orjson.dumps(item.merge).decode() for item in requests],
    )
    return result.rowcount


def month_of(day: date) -> date:
    """The ledger's partition of a day."""
    return day.replace(day=1)
