"""Which senders have due rows, and whose turn it is."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from chassis.db.statements import fetch, run
from dispatch.pacing.pace import TOTAL
from sqlmodel.ext.asyncio.session import AsyncSession

_BY_INDEX = "SET LOCAL enable_seqscan = off"
"""By statistics from before a large campaign came, the planner would read all rows for those of a small sender."""
_DUE_SENDERS = """
WITH RECURSIVE found AS (
    (SELECT sender FROM deliveries WHERE state = 'requested' AND due ORDER BY sender LIMIT 1)
    UNION ALL
    SELECT (SELECT d.sender FROM deliveries d
        WHERE d.state = 'requested' AND d.due AND d.sender > f.sender ORDER BY d.sender LIMIT 1)
    FROM found f WHERE f.sender IS NOT NULL
), paused AS (
    SELECT sender, greatest(0, CAST(extract(epoch FROM theoretical_arrival - clock_timestamp()) AS double precision))
        AS seconds
    FROM rates WHERE provider = :provider
)
SELECT f.sender, head.urgent, head.campaign_id, coalesce(own.seconds, 0) AS free_in,
    coalesce(together.seconds, 0) AS all_free_in, (SELECT count(*) FROM (SELECT 1 FROM deliveries d
        WHERE d.state = 'requested' AND d.due AND d.sender = f.sender LIMIT :most) counted) AS rows
FROM found f CROSS JOIN LATERAL (SELECT d.urgent, d.campaign_id FROM deliveries d
    WHERE d.state = 'requested' AND d.due AND d.sender = f.sender ORDER BY d.urgent DESC, d.place LIMIT 1) head
LEFT JOIN paused own ON own.sender = f.sender LEFT JOIN paused together ON together.sender = :total
"""


@dataclass(frozen=True, slots=True)
class DueSender:
    """A sender with due rows, and what its next row is like."""

    sender: str
    rows: int
    """As many as were asked for at most."""
    campaign_id: UUID
    urgent: bool
    free_in: float
    """In how many seconds it may start something, by its own rate."""
    all_free_in: float
    """In how many seconds any sender may."""


async def due_senders(session: AsyncSession, provider: str, most: int) -> list[DueSender]:
    """One look at the index for each sender. The rates are read and not locked: most processes that ask find that
    there is nothing to be had."""
    await run(session, _BY_INDEX)
    return await fetch(session, DueSender, _DUE_SENDERS, provider=provider, total=TOTAL, most=most)


class Turns:
    """Whose turn it is, for one process."""

    def __init__(self) -> None:
        self._last: dict[UUID | str, int] = {}
        self._number = 0

    def next(self, found: Sequence[DueSender], most: int) -> list[DueSender]:
        """At most `most`, urgent ones first. Campaigns take turns, and in each campaign its senders: a campaign in a
        thousand names has one turn and not a thousand."""
        kept = {one.sender for one in found} | {one.campaign_id for one in found}
        self._last = {key: number for key, number in self._last.items() if key in kept}
        by_sender = sorted(found, key=lambda one: self._last.get(one.sender, 0))
        before: Counter[UUID] = Counter()
        ranked: list[tuple[bool, int, int, DueSender]] = []
        for one in by_sender:
            ranked.append((not one.urgent, before[one.campaign_id], self._last.get(one.campaign_id, 0), one))
            before[one.campaign_id] += 1
        return [one for *_, one in sorted(ranked, key=lambda rank: rank[:3])[:most]]

    def had(self, senders: Iterable[DueSender]) -> None:
        """These had theirs."""
        self._number += 1
        self._last |= {key: self._number for one in senders for key in (one.sender, one.campaign_id)}
