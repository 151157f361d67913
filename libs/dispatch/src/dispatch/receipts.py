"""Receipts: they come before the answer, twice, or out of order; status only moves forward."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from chassis.clock import Clock
from chassis.database import Database
from chassis.failpoints import reach
from dispatch.batching import Batcher
from dispatch.bells import Bells
from dispatch.domain.moves import Move
from dispatch.ledger import Ledger
from dispatch.metrics import Counts
from dispatch.settings import DispatchSettings
from dispatch.states import Happening

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
        self, settings: DispatchSettings, database: Database, clock: Clock, bells: Bells, counts: Counts
    ) -> None:
        self._ledger = Ledger(settings)
        self._database, self._clock, self._bells, self._counts = database, clock, bells, counts
        self._batcher: Batcher[Receipt] = Batcher(self._write, most=400)

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
            self._bells.news.ring()
