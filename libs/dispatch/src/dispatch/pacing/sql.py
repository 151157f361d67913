"""One row a (provider, sender) holds the theoretical arrival time of the next unit (GCRA), for all replicas at once."""

from typing import NamedTuple

from chassis.db.statements import run
from sqlmodel.ext.asyncio.session import AsyncSession

_SETTLE = """
INSERT INTO rates (provider, sender, allowed, rate, theoretical_arrival, touched_at)
VALUES (:provider, :sender, :allowed, :allowed, clock_timestamp(), clock_timestamp())
ON CONFLICT (provider, sender) DO UPDATE
SET allowed = excluded.allowed, rate = excluded.allowed * rates.rate / rates.allowed
WHERE rates.allowed <> excluded.allowed
"""
_CLIMBED = "least(allowed, rate + allowed * :climb * extract(epoch FROM clock_timestamp() - touched_at))"
_TAKE = """
UPDATE rates SET rate = {climbed}, touched_at = clock_timestamp(),
    theoretical_arrival = greatest(theoretical_arrival, clock_timestamp()) + make_interval(secs => :units / {climbed})
WHERE provider = :provider AND sender = :sender
    AND theoretical_arrival <= clock_timestamp() + make_interval(secs => :ahead)
RETURNING extract(epoch FROM theoretical_arrival - clock_timestamp()) AS until, rate
""".replace("{climbed}", _CLIMBED)
_WHEN = """
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
RETURNING rate
"""
CLIMB = 0.02
"""Share of the allowed rate that comes back each second: from half to full in 25 s."""


class Taken(NamedTuple):
    """Units granted. The first starts in `first` seconds (may be negative), each next `apart` later."""

    first: float
    apart: float


async def settle(session: AsyncSession, provider: str, sender: str, allowed: float) -> None:
    """Make the row, or bring it to a changed setting; a rate that was lowered keeps its share."""
    await run(session, _SETTLE, provider=provider, sender=sender, allowed=allowed)


async def take(session: AsyncSession, provider: str, sender: str, units: int, ahead: float) -> Taken | None:
    """Take units, unless they are already given out for more than `ahead` seconds to come."""
    values = {"provider": provider, "sender": sender, "units": float(units), "ahead": ahead, "climb": CLIMB}
    row = (await run(session, _TAKE, **values)).one_or_none()
    if row is None:
        return None
    apart = 1 / float(row.rate)
    return Taken(float(row.until) - units * apart, apart)


async def busy_for(session: AsyncSession, provider: str, sender: str) -> float:
    """Seconds for which everything is given out; negative: free."""
    return float((await run(session, _WHEN, provider=provider, sender=sender)).scalar_one())


async def charge(session: AsyncSession, provider: str, sender: str, units: int) -> None:
    """More was used than taken (a text of many parts): the next one pays for it."""
    await run(session, _CHARGE, provider=provider, sender=sender, units=float(units))


async def lower(session: AsyncSession, provider: str, sender: str, pause: float) -> float | None:
    """Too fast: half the rate for every replica, nothing for `pause` seconds. Once a second; None: just done."""
    row = (await run(session, _LOWER, provider=provider, sender=sender, pause=pause)).one_or_none()
    return None if row is None else float(row.rate)
