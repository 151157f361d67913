"""The union-wide stop of a run: given until every dispatcher has confirmed it, and lifted."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from muster_chaos.results.forbidden_messages import Stop
from muster_demo.staff import Staff, until

_CONFIRMED_WITHIN = 120.0


@dataclass
class UnionStops:
    """`past` are the stops that were lifted."""

    staff: Staff
    past: list[Stop] = field(default_factory=list)

    @asynccontextmanager
    async def stopped(self) -> AsyncIterator[datetime]:
        """Nothing may be sent within the block; gives the time of the confirmation."""
        await self._order("stop")
        confirmed_at = datetime.now(UTC)
        yield confirmed_at
        self.past.append(Stop(confirmed_at, datetime.now(UTC)))
        await self._order("lift")

    async def _order(self, verb: str) -> None:
        async def confirmed() -> bool:
            answer = await self.staff.post("segmenter", f"/sending/{verb}", {"reason": "chaos"})
            return all(each["confirmed"] for each in answer["confirmations"])

        await until(confirmed, bool, within=_CONFIRMED_WITHIN, what=f"{verb} confirmed by every dispatcher")
