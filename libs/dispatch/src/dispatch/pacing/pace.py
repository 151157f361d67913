"""Rate tokens: one row a (provider, sender) holds the theoretical arrival time of the next unit (GCRA)."""

import asyncio
from typing import Any, NamedTuple

from chassis.db.database import Database
from chassis.db.statements import run
from sqlmodel.ext.asyncio.session import AsyncSession

_SETTLE = """
INSERT INTO rates (provider, sender, allowed, rate, theoretical_arrival, touched_at)
VALUES (:provider, :sender, :allowed, :allowed, clock_timestamp(), clock_timestamp())
ON CONFLICT (provider, sender) DO UPDATE
SET allowed = excluded.allowed, rate = excluded.allowed * rates.rate / rates.allowed
WHERE rates.allowed <> excluded.allowed
"""
"""Makes the row, or brings it to a changed setting; a rate that was lowered keeps its share."""
_CLIMBED = "least(allowed, rate + allowed * :climb * extract(epoch FROM clock_timestamp() - touched_at))"
_TAKE = """
UPDATE rates SET rate = {climbed}, touched_at = clock_timestamp(),
    theoretical_arrival = greatest(theoretical_arrival, clock_timestamp()) + make_interval(secs => :units / {climbed})
WHERE provider = :provider AND sender = :sender
    AND theoretical_arrival <= clock_timestamp() + make_interval(secs => :ahead)
RETURNING extract(epoch FROM theoretical_arrival - clock_timestamp()) AS until, rate
""".replace("{climbed}", _CLIMBED)
_BUSY_FOR = """
SELECT extract(epoch FROM theoretical_arrival - clock_timestamp()) FROM rates
WHERE provider = :provider AND sender = :sender
"""
_CHARGE = """
UPDATE rates SET theoretical_arrival = theoretical_arrival + make_interval(secs => :units / rate)
WHERE provider = :provider AND sender = :sender
"""
_LOWER = """
UPDATE rates SET rate = greatest(rate / 2, allowed / 64),
    lowered_at = clock_timestamp(), touched_at = clock_timestamp(),
    theoretical_arrival = greatest(theoretical_arrival, clock_timestamp() + make_interval(secs => :pause))
WHERE provider = :provider AND sender = :sender
    AND (lowered_at IS NULL OR lowered_at < clock_timestamp() - interval '1 second')
"""
CLIMB = 0.02
"""Share of the allowed rate that comes back each second: from half to full in 25 s."""


class Taken(NamedTuple):
    """Units granted. The first starts in `first` seconds (may be negative), each next `apart` later."""

    first: float
    apart: float


class Pace:
    """The shared rate of one (provider, sender). All replicas draw from the same row."""

    def __init__(self, database: Database, provider: str, sender: str, allowed: float) -> None:
        self._database, self.allowed = database, allowed
        self._key = {"provider": provider, "sender": sender}
        self._settled = False

    async def take(self, units: int, *, ahead: float = 0.0) -> Taken | float:
        """Units with the times of their starts, unless they are given out for more than `ahead` seconds to come: then
        the seconds to wait until there are any."""
        async with self._database.transaction() as session:
            if not self._settled:
                await run(session, _SETTLE, **self._key, allowed=self.allowed)
            values: dict[str, Any] = {"units": float(units), "ahead": ahead, "climb": CLIMB}
            row = (await run(session, _TAKE, **self._key, **values)).one_or_none()
            pause = 0.0 if row else await self._busy_for(session) - ahead
        self._settled = True
        if row is None:
            return max(0.005, pause)
        apart = 1 / float(row.rate)
        return Taken(float(row.until) - units * apart, apart)

    async def wait_for_one(self) -> None:
        """Return once a unit was taken."""
        while isinstance(taken := await self.take(1), float):
            await asyncio.sleep(min(taken, 1.0))

    async def charge(self, units: int) -> None:
        """More was used than taken (a text of many parts): the next one pays for it."""
        async with self._database.transaction() as session:
            await run(session, _CHARGE, **self._key, units=float(units))

    async def lower(self, pause: float) -> bool:
        """The provider says that we are too fast: half the rate for every replica, nothing for `pause` seconds. Once a
        second; False: it was just done."""
        async with self._database.transaction() as session:
            return bool((await run(session, _LOWER, **self._key, pause=pause)).rowcount)

    async def _busy_for(self, session: AsyncSession) -> float:
        """Seconds for which everything is given out; negative: free."""
        return float((await run(session, _BUSY_FOR, **self._key)).scalar_one())
