"""Writes what providers answered into the ledger."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from chassis.clock import Clock
from chassis.db.group_commit import GroupCommit
from chassis.errors import Unavailable
from dispatch.ledger.ledger import Ledger
from dispatch.ledger.moves import Move
from dispatch.ledger.states import Happening
from dispatch.observability.alarm import Alarm
from dispatch.provider import Accepted, InDoubt, NotSent, Outcome, Rejected


class Outcomes:
    """Many in one transaction; kept while the database is away."""

    def __init__(self, ledger: Ledger, clock: Clock, alarm: Alarm) -> None:
        self._ledger, self._clock, self._alarm = ledger, clock, alarm
        self._batcher: GroupCommit[tuple[UUID, Move]] = GroupCommit(self._write, most=400, linger=0.03)

    async def put(self, delivery_id: UUID, gen: int, outcome: Outcome) -> None:
        """Return after the commit. A generation that is no longer the row's changes nothing, unless it was accepted. An
        outcome that alone cannot be written is left to the reconciler, which looks the message up."""
        try:
            await self._batcher.put((delivery_id, self._move(gen, outcome)))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is alarmed
            self._alarm.bug("an outcome cannot be written", error, delivery_id=str(delivery_id))

    def _move(self, gen: int, outcome: Outcome) -> Move:
        match outcome:
            case Accepted(reference, parts, encoding):
                return Move(Happening.TOOK, "sender", gen, reference, parts=parts, encoding=encoding)
            case Rejected(code, reason, bad, out):
                return Move(
                    Happening.TURNED_DOWN, "sender", gen, code=code, reason=reason, address_bad=bad, opted_out=out
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
                await self._ledger.write(moves, after_commit="sender.recorded")
            except Unavailable:
                await asyncio.sleep(pause)
                pause = min(2.0, pause * 2)
            else:
                return
