"""What people do at a dispatcher: decide what is held, ask what happened to a member's messages."""

from enum import StrEnum
from uuid import UUID

from chassis.clock import Clock
from chassis.database import Database
from chassis.errors import Conflict, NotFound
from chassis.logs import get
from dispatch.bells import Bells
from dispatch.domain.moves import Move
from dispatch.ledger import Ledger
from dispatch.metrics import Counts
from dispatch.repository import ledger as rows
from dispatch.repository import reading, sweeping
from dispatch.repository.reading import Held, Told
from dispatch.settings import DispatchSettings
from dispatch.states import Happening, State

log = get(__name__)


class Decision(StrEnum):
    """What a person found out about a held delivery."""

    RESEND = "resend"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


_HAPPENINGS = {
    Decision.RESEND: Happening.RELEASED,
    Decision.ACCEPTED: Happening.TOOK,
    Decision.REJECTED: Happening.TURNED_DOWN,
}


class Desk:
    """The service behind the routes that all dispatchers share. `branch` limits what a caller sees and does."""

    def __init__(
        self, settings: DispatchSettings, database: Database, clock: Clock, bells: Bells, counts: Counts
    ) -> None:
        self._settings, self._database, self._clock, self._bells, self._counts = (
            settings,
            database,
            clock,
            bells,
            counts,
        )
        self._ledger = Ledger(settings)

    @property
    def service(self) -> str:
        """Which dispatcher this is."""
        return self._settings.service

    async def held(self, branch: str | None, after: UUID | None, most: int) -> list[Held]:
        """A page of what waits for a person."""
        async with self._database.transaction() as session:
            return await reading.held(session, branch, after, most)

    async def release(self, delivery_id: UUID, decision: Decision, by: str, branch: str | None) -> State:
        """Raises NotFound, or Conflict if it is not held (any more)."""
        now = self._clock.now()
        async with self._database.transaction() as session:
            told = await reading.told(session, [delivery_id])
            if not told or (branch is not None and told[0].branch != branch):
                raise NotFound("no such delivery")
            locked = await rows.lock(session, [delivery_id])
            row = locked[delivery_id].row
            if row.state is not State.HELD:
                raise Conflict(f"the delivery is {row.state}, not held")
            move = Move(_HAPPENINGS[decision], "operator", row.gen, code="operator", not_before=now)
            done = await self._ledger.apply(session, [(delivery_id, move)], now)
        log.info("held delivery decided", delivery_id=str(delivery_id), decision=decision.value, client=by)
        self._counts.applied(done)
        self._bells.news.ring()
        self._bells.due.ring()
        return done.states[delivery_id]

    async def history(self, member_id: UUID, branch: str | None) -> list[Told]:
        """Every delivery to a member on this channel, found by the ids that the member's deliveries must have."""
        async with self._database.transaction() as session:
            ids, channel = self._settings.ids, self._settings.channel
            deliveries = await sweeping.deliveries_of(session, [member_id], ids, channel)
            told = await reading.told(session, [delivery for _, delivery in deliveries])
        return [item for item in told if branch is None or item.branch == branch]

    async def counts(self, campaign: UUID | None, branch: str | None) -> dict[str, int]:
        """Deliveries by state."""
        async with self._database.transaction() as session:
            return await reading.counts(session, campaign, branch)
