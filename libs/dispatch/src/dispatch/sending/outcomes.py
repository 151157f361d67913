"""What providers answered, on its way into the ledger."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from chassis.clock import Clock
from chassis.db.database import Database
from chassis.db.group_commit import GroupCommit
from chassis.errors import Unavailable
from chassis.failpoints import reach
from dispatch.ledger.ledger import Ledger
from dispatch.ledger.moves import Move
from dispatch.ledger.states import Happening
from dispatch.observability.metrics import DispatchMetrics
from dispatch.provider import Accepted, InDoubt, NotSent, Outcome, Rejected
from dispatch.settings import DispatchSettings
from dispatch.wakeups import Wakeups


class Outcomes:
    """Writes what the provider answered, many in one transaction; keeps it while the database is away."""

    def __init__(
        self, settings: DispatchSettings, database: Database, clock: Clock, wakeups: Wakeups, counts: DispatchMetrics
    ) -> None:
        self._ledger = Ledger(settings)
        self._database, self._clock, self._wakeups, self._counts = database, clock, wakeups, counts
        self._batcher: GroupCommit[tuple[UUID, Move]] = GroupCommit(self._write, most=400, linger=0.03)

    async def put(self, delivery_id: UUID, gen: int, outcome: Outcome) -> None:
        """Return after the commit. A generation that is no longer the row's changes nothing, unless it was accepted."""
        await self._batcher.put((delivery_id, self._move(gen, outcome)))

    def _move(self, gen: int, outcome: Outcome) -> Move:
        match outcome:
            case Accepted(reference, parts, encoding):
                return Move(Happening.TOOK, "sender", gen, reference, parts=parts, encoding=encoding)
            case Rejected(code, reason, address_bad, opted_out):
                return Move(
                    Happening.TURNED_DOWN,
                    "sender",
                    gen,
                    code=code,
                    reason=reason,
                    address_bad=address_bad,
                    opted_out=opted_out,
                )
            case NotSent(why, retry_after):
                due = self._clock.now() + timedelta(seconds=max(0.0, retry_after))
                return Move(Happening.NOT_SENT, "sender", gen, reason=why, not_before=due)
            case InDoubt(why):
                return Move(Happening.LOST_SIGHT, "sender", gen, reason=why)

    async def _write(self, moves: Sequence[tuple[UUID, Move]]) -> None:
        pause = 0.1
        while True:
            try:
                async with self._database.transaction() as session:
                    done = await self._ledger.apply(session, moves, self._clock.now())
            except Unavailable:
                await asyncio.sleep(pause)
                pause = min(2.0, pause * 2)
            else:
                break
        reach("sender.recorded")
        self._counts.applied(done)
        self._wakeups.unpublished.set()
        if any(move.happening is Happening.NOT_SENT for _, move in moves):
            self._wakeups.due.set()
