"""The order in which the due rows of a sender are claimed: fair between campaigns, so that fifty do not wait behind a
million. Each sender has an order of its own, since each has a rate of its own.

Each campaign is a lane of its sender's order. Its rows get places one after the other, the first at the place of the
row that is next to be claimed (start-time fair queuing: Goyal, Vin and Cheng 1996), so that lanes take turns. A row
that has to wait is parked, outside the order. When its time has come it gets a new place behind its lane's other woken
rows, and the first of them at the place that is next: it neither goes to the end nor before what others wait for.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from chassis.db.statements import run, run_many
from sqlmodel.ext.asyncio.session import AsyncSession

_MOST = 1000
_NEXT = """coalesce(
        (SELECT min(d.place) FROM deliveries d
            WHERE d.state = 'requested' AND d.due AND d.sender = u.sender AND d.urgent = u.urgent),
        (SELECT max(greatest(l.last_place, l.last_woken)) FROM lanes l
            WHERE l.sender = u.sender AND l.urgent = u.urgent), 0)"""
"""The place that is next to be claimed; where nothing is due, the last that was."""


def places(column: str) -> str:
    """Common table expressions after `n`, rows with campaign_id, sender and urgent: they move `column` of their lanes
    on by as many, and `taken` has for each lane the place before the first."""
    return f"""turns AS MATERIALIZED (
    SELECT sender, urgent, {_NEXT} AS place FROM (SELECT DISTINCT sender, urgent FROM n) u
), locked AS MATERIALIZED (
    SELECT campaign_id, sender FROM lanes WHERE (campaign_id, sender) IN (SELECT campaign_id, sender FROM n)
    ORDER BY campaign_id, sender FOR UPDATE
), taken AS (
    UPDATE lanes SET {column} = greatest(lanes.{column}, turns.place) + g.rows
    FROM turns, locked JOIN (SELECT campaign_id, sender, count(*) AS rows FROM n GROUP BY 1, 2) g
        USING (campaign_id, sender)
    WHERE lanes.campaign_id = locked.campaign_id AND lanes.sender = locked.sender
        AND turns.sender = lanes.sender AND turns.urgent = lanes.urgent
    RETURNING lanes.campaign_id, lanes.sender, lanes.{column} - g.rows AS before
)"""  # noqa: S608 - texts of ours


_LANES = """
INSERT INTO lanes (campaign_id, sender, urgent, last_place)
SELECT campaign_id, sender, bool_or(urgent), 0
FROM json_to_recordset(CAST(:rows AS json)) AS n(campaign_id uuid, sender text, urgent boolean)
GROUP BY 1, 2 ORDER BY 1, 2
ON CONFLICT DO NOTHING
"""
_MOVE = """
UPDATE deliveries d SET sender = n.sender, due = false, not_before = :now
FROM json_populate_recordset(NULL::deliveries, CAST(:rows AS json)) AS n
WHERE d.delivery_id = n.delivery_id AND d.month = n.month AND d.state = 'requested'
"""
_IN_ORDER = "SET LOCAL enable_sort = off"
"""By statistics from before a large campaign woke, the planner would sort all its rows for each thousand."""
_WAKE = f"""
WITH n AS MATERIALIZED (
    SELECT delivery_id, month, campaign_id, sender, urgent, not_before, place FROM deliveries
    WHERE (SELECT pg_try_advisory_xact_lock(hashtextextended('wake', 0)))
        AND state = 'requested' AND NOT due AND not_before <= :now
    ORDER BY urgent DESC, not_before, place LIMIT :most FOR UPDATE SKIP LOCKED
), {places("last_woken")}
UPDATE deliveries d SET due = true, place = taken.before + o.number
FROM (SELECT n.*, row_number() OVER (PARTITION BY campaign_id, sender ORDER BY not_before, place) AS number FROM n) o
JOIN taken USING (campaign_id, sender)
WHERE d.delivery_id = o.delivery_id AND d.month = o.month
"""  # noqa: S608 - texts of ours


class Misplaced(NamedTuple):
    """A due row whose message has another sender than the row was placed by."""

    delivery_id: UUID
    month: date
    campaign_id: UUID
    urgent: bool
    sender: str


async def open_lanes(session: AsyncSession, rows: Iterable[object]) -> None:
    """Have a lane for each campaign and sender of `rows`."""
    await run_many(session, _LANES, rows)


async def change_sender(session: AsyncSession, rows: Iterable[Misplaced], now: datetime) -> None:
    """Have rows take places in the order of the sender that they have."""
    changed: list[Mapping[str, object]] = [row._asdict() for row in rows]
    await open_lanes(session, changed)
    await run_many(session, _MOVE, changed, now=now)


async def wake(session: AsyncSession, now: datetime) -> None:
    """Have parked rows whose time has come take their places, urgent ones first, a thousand at most; one process at a
    time."""
    await run(session, _IN_ORDER)
    await run(session, _WAKE, now=now, most=_MOST)
