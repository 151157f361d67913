"""Receipts: they come before the answer, twice, or out of order; status only moves forward."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from chassis.clock import Clock
from chassis.db.database import Database
from chassis.db.group_commit import GroupCommit
from chassis.failpoints import reach
from dispatch.ledger.ledger import Ledger
from dispatch.ledger.moves import Move
from dispatch.ledger.states import Happening
from dispatch.observability.metrics import DispatchMetrics
from dispatch.settings import DispatchSettings
from dispatch.wakeups import Wakeups

HAPPENINGS = {
    "accepted": Happening.TOOK,
    "delivered": Happening.ARRIVED,
    "undelivered": Happening.FAILED,
    "rejected": Happening.FAILED,
}
"""A provider's word that reached us by a receipt or its list: it had the message, whatever it did with it then."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the provider says of a message. `gen` None: it names only the delivery, so its latest attempt."""

    delivery_id: UUID
    status: str
    """accepted, delivered, undelivered or rejected; anything else is taken as accepted."""
    gen: int | None = None
    reference: str = ""
    code: str = ""
    reason: str = ""
    address_bad: bool = False
    opted_out: bool = False
    parts: int | None = None

    @property
    def move(self) -> Move:
        """As the ledger takes it."""
        return Move(
            HAPPENINGS.get(self.status, Happening.TOOK),
            "receipt",
            gen=self.gen,
            reference=self.reference,
            code=self.code,
            reason=self.reason,
            address_bad=self.address_bad,
            opted_out=self.opted_out,
            parts=self.parts,
        )


class Receipts:
    """The service behind a channel's status webhook."""

    def __init__(
        self, settings: DispatchSettings, database: Database, clock: Clock, wakeups: Wakeups, counts: DispatchMetrics
    ) -> None:
        self._ledger = Ledger(settings)
        self._database, self._clock, self._wakeups, self._counts = database, clock, wakeups, counts
        self._batcher: GroupCommit[Receipt] = GroupCommit(self._write, most=400)

    async def take(self, receipt: Receipt) -> None:
        """Return after the commit; callers that come together share it. Raises Unavailable: let the provider retry."""
        await self._batcher.put(receipt)

    async def _write(self, receipts: Sequence[Receipt]) -> None:
        moves = [(receipt.delivery_id, receipt.move) for receipt in receipts]
        async with self._database.transaction() as session:
            done = await self._ledger.apply(session, moves, self._clock.now())
            reach("webhook.before-commit")
        reach("webhook.after-commit")
        self._counts.applied(done)
        self._counts.unknown.inc(done.unknown)
        if done.changed:
            self._wakeups.unpublished.set()
