"""Receipts: they come before the answer, twice, or out of order; status only moves forward."""

from collections.abc import Sequence
from uuid import UUID

from chassis.db.group_commit import GroupCommit
from chassis.errors import Unavailable
from dispatch.ledger.ledger import Ledger
from dispatch.ledger.moves import Move
from dispatch.ledger.states import Happening
from dispatch.observability.alarm import Alarm
from dispatch.provider import Seen

HAPPENINGS = {
    "accepted": Happening.TOOK,
    "delivered": Happening.ARRIVED,
    "undelivered": Happening.FAILED,
    "rejected": Happening.FAILED,
}
"""What a status means in a receipt or in the provider's list: the provider had the message, also if it rejected it
then."""


def move_of(seen: Seen, by: str, gen: int | None) -> Move:
    """What the provider reports of a message, as the ledger takes it; an unknown status is taken as accepted."""
    happening, about = HAPPENINGS.get(seen.status, Happening.TOOK), (seen.reference, seen.code, seen.reason)
    return Move(happening, by, gen, *about, seen.address_bad, seen.opted_out, seen.parts, seen.encoding)


class Receipts:
    """The service behind a channel's status webhook."""

    def __init__(self, ledger: Ledger, alarm: Alarm) -> None:
        self._ledger, self._alarm = ledger, alarm
        self._batcher: GroupCommit[tuple[UUID, Move]] = GroupCommit(self._write, most=400)

    async def take(self, delivery_id: UUID, gen: int | None, seen: Seen) -> None:
        """Return after the commit; callers that come together share it. `gen` None: only the delivery is known, so its
        latest attempt. Raises Unavailable, or what keeps this one alone from being written: let the provider retry."""
        try:
            await self._batcher.put((delivery_id, move_of(seen, "receipt", gen)))
        except Unavailable:
            raise
        except Exception as error:
            self._alarm.bug("a receipt cannot be written", error, delivery_id=str(delivery_id))
            raise

    async def _write(self, moves: Sequence[tuple[UUID, Move]]) -> None:
        await self._ledger.write(moves, before_commit="webhook.before-commit", after_commit="webhook.after-commit")
