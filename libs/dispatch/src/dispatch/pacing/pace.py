"""Rate tokens: one row a (provider, sender) holds the theoretical arrival time of the next unit (GCRA), and what the
answers made of the rate (`control`)."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, fields
from typing import NamedTuple

from chassis.db.database import Database
from chassis.db.statements import run
from dispatch.pacing.control import STEP, Answer, Control

_SETTLE = """
INSERT INTO rates (provider, sender, allowed, rate, step, theoretical_arrival, window_at)
VALUES (:provider, :sender, :allowed, :allowed, :step, clock_timestamp(), clock_timestamp())
ON CONFLICT (provider, sender) DO UPDATE
SET allowed = excluded.allowed, rate = excluded.allowed * rates.rate / rates.allowed
WHERE rates.allowed <> excluded.allowed
"""
"""Makes the row, or brings it to a changed setting; a rate that was lowered keeps its share."""
_CONTROL = [field.name for field in fields(Control)]
_LOCK = f"""
SELECT {", ".join(_CONTROL)}, CAST(extract(epoch FROM theoretical_arrival) AS double precision) AS arrival,
    CAST(extract(epoch FROM window_at) AS double precision) AS began,
    CAST(extract(epoch FROM clock_timestamp()) AS double precision) AS now
FROM rates WHERE provider = :provider AND sender = :sender FOR UPDATE
"""  # noqa: S608 - names of our own
_WRITE = f"""
UPDATE rates SET {", ".join(f"{name} = :{name}" for name in _CONTROL)},
    theoretical_arrival = to_timestamp(:arrival), window_at = to_timestamp(:began)
WHERE provider = :provider AND sender = :sender
"""  # noqa: S608 - names of our own
_KEPT = 1000
"""Answers that a process keeps while the database is away."""


class Taken(NamedTuple):
    """Units granted. The first starts in `first` seconds (may be negative), each next `apart` later."""

    first: float
    apart: float
    probe: bool = False
    """Only one unit was granted, whatever was asked for."""


@dataclass(slots=True)
class _Row:
    """The locked row; moments are seconds of the database's clock."""

    control: Control
    arrival: float
    began: float
    now: float
    lowered: bool = False

    def draw(self, units: float, apart: float) -> float:
        """Grant units; when the last of them ends."""
        self.arrival = max(self.arrival, self.now) + units * apart
        return self.arrival - self.now


class Pace:
    """The shared rate of one (provider, sender). All replicas draw from the same row, and note answers in it."""

    def __init__(
        self,
        database: Database,
        provider: str,
        sender: str,
        allowed: float,
        probe_seconds: float = 5.0,
        on_lowered: Callable[[], None] = lambda: None,
        on_opened: Callable[[], None] = lambda: None,
    ) -> None:
        """Called when this process has lowered the rate, or left only probes; and when it learns of the latter."""
        self._database, self.allowed, self._probe_seconds = database, allowed, probe_seconds
        self._on_lowered, self._on_opened = on_lowered, on_opened
        self._key = {"provider": provider, "sender": sender}
        self._settled, self._one = False, asyncio.Lock()
        self._answers: list[Answer] = []
        self.breaker_open = False
        """Only probes are made, as far as this process knows: since its last draw or answer."""

    async def take(self, units: int, *, ahead: float = 0.0) -> Taken | float:
        """Units with the times of their starts, unless they are given out for more than `ahead` seconds to come: then
        the seconds to wait until there are any."""
        async with self._row() as row:
            breaker_open = row.control.breaker_open
            apart = max(self._probe_seconds if breaker_open else 0.0, 1 / row.control.rate)
            if (pause := row.arrival - row.now - (0.0 if breaker_open else ahead)) > 0:
                return max(0.005, pause)
            granted = 1 if breaker_open else units
            return Taken(row.draw(granted, apart) - granted * apart, apart, breaker_open)

    async def wait_for_one(self) -> None:
        """Return once a unit was taken."""
        while isinstance(taken := await self.take(1), float):
            await asyncio.sleep(min(taken, 1.0))

    async def charge(self, units: int) -> None:
        """More was used than taken (a text of many parts): the next one pays for it."""
        async with self._row() as row:
            row.draw(units, 1 / row.control.rate)

    async def note(self, answer: Answer, asked: float = 0.0, everybody: float = 0.0) -> None:
        """What a call was answered. A message that was taken is written with the next draw, anything else at once
        unless the row is in hand already. There is no unit for `everybody` seconds, nor for the `asked` ones if most of
        the last messages are refused."""
        del self._answers[:-_KEPT]
        self._answers.append(answer)
        if (answer is Answer.TAKEN and not self.breaker_open) or (self._one.locked() and not everybody):
            return
        async with self._row() as row:
            pause = max(everybody, asked if row.control.mostly_refuses else 0.0)
            row.arrival = max(row.arrival, row.now + pause)

    @asynccontextmanager
    async def _row(self) -> AsyncIterator[_Row]:
        """The row in hand with the answers of this process, written at the end. One at a time in a process."""
        async with self._one:
            noted = tuple(self._answers)
            async with self._database.transaction() as session:
                if not self._settled:
                    await run(session, _SETTLE, **self._key, allowed=self.allowed, step=STEP)
                found = (await run(session, _LOCK, **self._key)).one()._asdict()
                row = _Row(Control(**{name: found.pop(name) for name in _CONTROL}), **found)
                before, breaker_open = row.control.rate, row.control.breaker_open
                for answer in noted:
                    row.control.take(answer)
                if row.control.end_window(row.now - row.began):
                    row.began = row.now
                row.lowered = row.control.rate < before or row.control.breaker_open > breaker_open
                yield row
                values = asdict(row.control) | {"arrival": row.arrival, "began": row.began}
                await run(session, _WRITE, **self._key, **values)
            opened = row.control.breaker_open and not self.breaker_open
            self._settled, self.breaker_open = True, row.control.breaker_open
            del self._answers[: len(noted)]
            if row.lowered:
                self._on_lowered()
            if opened:
                self._on_opened()
