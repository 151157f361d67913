"""The order in which due rows are claimed: fair between campaigns, so that fifty do not wait behind a million.

Each campaign is a lane. Its rows get places one after the other, the first at the place of the row that is next to be
claimed (start-time fair queuing: Goyal, Vin and Cheng 1996), so that lanes take turns. A row that has to wait is
parked, outside the order. When its time has come it gets a new place behind its lane's other woken rows, and the first
of them at the place that is next: it neither goes to the end nor before what others wait for.
"""

from datetime import datetime

from chassis.db.statements import run
from sqlmodel.ext.asyncio.session import AsyncSession

_MOST = 1000
_NEXT = """coalesce(
        (SELECT min(d.place) FROM deliveries d WHERE d.state = 'requested' AND d.due AND d.urgent = u.urgent),
        (SELECT max(greatest(l.last_place, l.last_woken)) FROM lanes l WHERE l.urgent = u.urgent), 0)"""
"""The place that is next to be claimed; where nothing is due, the last that was."""


def places(column: str) -> str:
    """Common table expressions after `n`, rows with campaign_id and urgent: they move `column` of their lanes on by as
    many, and `taken` has for each lane the place before the first."""
    return f"""turns AS MATERIALIZED (
    SELECT urgent, {_NEXT} AS place FROM (SELECT DISTINCT urgent FROM n) u
), locked AS MATERIALIZED (
    SELECT campaign_id FROM lanes WHERE campaign_id IN (SELECT campaign_id FROM n) ORDER BY campaign_id FOR UPDATE
), taken AS (
    UPDATE lanes SET {column} = greatest(lanes.{column}, turns.place) + g.rows
    FROM turns, locked JOIN (SELECT campaign_id, count(*) AS rows FROM n GROUP BY 1) g USING (campaign_id)
    WHERE lanes.campaign_id = locked.campaign_id AND turns.urgent = lanes.urgent
    RETURNING lanes.campaign_id, lanes.{column} - g.rows AS before
)"""  # noqa: S608 - texts of ours


_IN_ORDER = "SET LOCAL enable_sort = off"
"""By statistics from before a large campaign woke, the planner would sort all its rows for each thousand."""
_WAKE = f"""
WITH n AS MATERIALIZED (
    SELECT delivery_id, month, campaign_id, urgent, not_before, place FROM deliveries
    WHERE (SELECT pg_try_advisory_xact_lock(hashtextextended('wake', 0)))
        AND state = 'requested' AND NOT due AND not_before <= :now
    ORDER BY urgent DESC, not_before, place LIMIT :most FOR UPDATE SKIP LOCKED
), {places("last_woken")}
UPDATE deliveries d SET due = true, place = taken.before + o.number
FROM (SELECT n.*, row_number() OVER (PARTITION BY campaign_id ORDER BY not_before, place) AS number FROM n) o
JOIN taken USING (campaign_id)
WHERE d.delivery_id = o.delivery_id AND d.month = o.month
"""  # noqa: S608 - texts of ours


async def wake(session: AsyncSession, now: datetime) -> None:
    """Have parked rows whose time has come take their places, urgent ones first, a thousand at most; one process at a
    time."""
    await run(session, _IN_ORDER)
    await run(session, _WAKE, now=now, most=_MOST)
