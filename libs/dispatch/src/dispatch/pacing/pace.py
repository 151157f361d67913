"""Rate tokens: what all senders of a provider together may start, and what each of them may."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple

from chassis.db.database import Database
from dispatch.pacing import rows as sql
from dispatch.pacing.control import Answer
from dispatch.pacing.rows import Row
from dispatch.pacing.schedule import Want, schedule

TOTAL = "*"
"""In place of a sender: all of them together."""
_KEPT = 1000
"""Answers that a process keeps while the database is away."""


class Taken(NamedTuple):
    """Units granted. The first starts in `first` seconds (may be negative), each next `apart` later."""

    first: float
    apart: float
    probe: bool = False
    """Only one unit was granted, whatever was asked for."""


class Slots(NamedTuple):
    """Units granted to several senders: for each, in how many seconds they start."""

    starts: dict[str, list[float]]
    apart: float
    """Of two units of all senders together."""
    probe: bool = False
    """Only one unit was granted, whatever was asked for."""


class Pace:
    """The shared rate of a provider and of its senders. All replicas draw from the same rows, and note answers in them.

    What a sender is refused lowers that sender's rate, what is left in doubt the rate of all. The breaker is of all,
    and so is the pause for a fault of the whole account.
    """

    def __init__(
        self,
        database: Database,
        provider: str,
        allowed: float,
        rate_of: Callable[[str, float], float] = lambda _, together: together,
        probe_seconds: float = 5.0,
        on_lowered: Callable[[], None] = lambda: None,
        on_opened: Callable[[], None] = lambda: None,
    ) -> None:
        """`rate_of` a sender, of what all may together. Called when this process has lowered a rate, or left only
        probes; and when it learns of the latter."""
        self._database, self._provider, self.allowed = database, provider, allowed
        self._rate_of, self._probe_seconds = rate_of, probe_seconds
        self._on_lowered, self._on_opened = on_lowered, on_opened
        self._settled: set[str] = set()
        self._one = asyncio.Lock()
        self._answers: list[tuple[str, Answer]] = []
        self.breaker_open = False
        """Only probes are made, as far as this process knows: since its last draw or answer."""

    async def take(self, units: int, *, ahead: float = 0.0) -> Taken | float:
        """Units with the times of their starts, unless they are given out for more than `ahead` seconds to come: then
        the seconds to wait until there are any. What a sender may do by itself is not asked."""
        async with self._rows() as rows:
            total, breaker_open, apart = self._total(rows)
            if pause := _pause(total, breaker_open, ahead):
                return pause
            granted = 1 if breaker_open else units
            return Taken(total.draw(granted, apart) - granted * apart, apart, breaker_open)

    async def share(self, wants: Sequence[Want], most: int, *, ahead: float = 0.0) -> Slots | float:
        """The same for the messages of several senders, `most` units in all; each starts when its sender may too."""
        async with self._rows({want.sender for want in wants}) as rows:
            total, breaker_open, apart = self._total(rows)
            if pause := _pause(total, breaker_open, ahead):
                return pause
            latest = total.now + ahead
            starts = schedule(wants, rows, total, 1 if breaker_open else most, apart, latest)
            if not starts:
                return max(0.005, min(rows[want.sender].arrival for want in wants) - latest)
            now = total.now
            return Slots({key: [start - now for start in of] for key, of in starts.items()}, apart, breaker_open)

    def _total(self, rows: dict[str, Row]) -> tuple[Row, bool, float]:
        total = rows[TOTAL]
        breaker_open = total.control.breaker_open
        return total, breaker_open, max(self._probe_seconds if breaker_open else 0.0, 1 / total.control.rate)

    async def wait_for_one(self) -> None:
        """Return once a unit was taken."""
        while isinstance(taken := await self.take(1), float):
            await asyncio.sleep(min(taken, 1.0))

    async def charge(self, sender: str, units: int) -> None:
        """More was used than taken (a text of many parts): the next one pays for it."""
        async with self._rows({sender}) as rows:
            for row in rows.values():
                row.draw(units, 1 / row.control.rate)

    async def note(
        self, sender: str, answer: Answer, asked: float = 0.0, rest: float = 0.0, *, everybody: bool = False
    ) -> None:
        """What a call of this sender was answered. A message that was taken is written with the next draw, anything
        else at once unless the rows are in hand already. There is no unit for `rest` seconds, for the sender or for
        everybody; nor for the `asked` ones if most of the sender's last messages are refused."""
        del self._answers[:-_KEPT]
        self._answers.append((sender, answer))
        if (answer is Answer.TAKEN and not self.breaker_open) or (self._one.locked() and not rest):
            return
        async with self._rows({sender}) as rows:
            row = rows[TOTAL if everybody else sender]
            pause = max(rest, asked if rows[sender].control.mostly_refuses else 0.0)
            row.arrival = max(row.arrival, row.now + pause)

    @asynccontextmanager
    async def _rows(self, senders: Collection[str] = ()) -> AsyncIterator[dict[str, Row]]:
        """The rows of these senders and of all together in hand, with the answers of this process; written at the end.
        One at a time in a process."""
        async with self._one:
            noted = tuple(self._answers)
            wanted = {TOTAL, *senders, *(sender for sender, _ in noted)}
            async with self._database.transaction() as session:
                if new := wanted - self._settled:
                    allowed = {key: self.allowed if key == TOTAL else self._rate_of(key, self.allowed) for key in new}
                    await sql.settle(session, self._provider, allowed)
                rows = await sql.lock(session, self._provider, wanted)
                was_open = rows[TOTAL].control.breaker_open
                rates = {key: row.control.rate for key, row in rows.items()}
                for sender, answer in noted:
                    for key in _concerned(sender, answer):
                        rows[key].control.take(answer)
                for row in rows.values():
                    row.end_window()
                is_open = rows[TOTAL].control.breaker_open
                lowered = is_open > was_open or any(row.control.rate < rates[key] for key, row in rows.items())
                yield rows
                await sql.write(session, self._provider, rows)
            opened = is_open and not self.breaker_open
            self._settled |= wanted
            self.breaker_open = is_open
            del self._answers[: len(noted)]
            if lowered:
                self._on_lowered()
            if opened:
                self._on_opened()


def _concerned(sender: str, answer: Answer) -> set[str]:
    """Whose an answer is: a refusal says nothing of other senders, a doubt nothing of this one."""
    match answer:
        case Answer.TAKEN:
            return {sender, TOTAL}
        case Answer.REFUSED:
            return {sender}
        case Answer.DOUBT:
            return {TOTAL}


def _pause(total: Row, breaker_open: bool, ahead: float) -> float:
    """0.0: there are units."""
    pause = total.arrival - total.now - (0.0 if breaker_open else ahead)
    return max(0.005, pause) if pause > 0 else 0.0
