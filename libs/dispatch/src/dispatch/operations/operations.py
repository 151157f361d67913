"""What people do at a dispatcher: decide what is held, ask what happened to a member's messages."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from chassis.clock import Clock
from chassis.db.database import Database
from chassis.errors import Conflict, NotFound
from chassis.observability.logs import get
from dispatch.ledger import sql as ledger_sql
from dispatch.ledger.ledger import Ledger
from dispatch.ledger.moves import Move
from dispatch.ledger.states import Happening, State
from dispatch.operations import sql
from dispatch.operations.sql import DeliveryRecord
from dispatch.settings import DispatchSettings

log = get(__name__)
_MOST = 1000


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


class DeliveryOperations:
    """The service behind the routes that all dispatchers share. `branch` limits what a caller sees and does."""

    def __init__(self, settings: DispatchSettings, database: Database, clock: Clock, ledger: Ledger) -> None:
        self._settings, self._database, self._clock, self._ledger = settings, database, clock, ledger

    @property
    def service(self) -> str:
        """Which dispatcher this is."""
        return self._settings.service

    async def held(self, branch: str | None, after: UUID | None, most: int) -> list[DeliveryRecord]:
        """A page of what waits for a person."""
        async with self._database.transaction() as session:
            return await sql.held(session, branch, after, most)

    async def release(self, delivery_id: UUID, decision: Decision, by: str, branch: str | None) -> State:
        """Raises NotFound, or Conflict if it is not held (any more)."""
        async with self._database.transaction() as session:
            if not await sql.has(session, delivery_id, branch):
                raise NotFound("no such delivery")
            row = (await ledger_sql.lock(session, [delivery_id]))[delivery_id].row
            if row.state is not State.HELD:
                raise Conflict(f"the delivery is {row.state}, not held")
            done = await self._ledger.apply(session, [(delivery_id, self._move(decision, row.gen))])
        log.info("held delivery decided", delivery_id=str(delivery_id), decision=decision.value, client=by)
        self._ledger.announce(done)
        return done.states[delivery_id]

    async def release_campaign(self, campaign_id: UUID, decision: Decision, by: str, branch: str | None) -> int:
        """Decide about all that is held of a campaign, a thousand in a transaction; how many that were."""
        count, found = 0, _MOST
        while found == _MOST:
            async with self._database.transaction() as session:
                ids = await sql.held_of(session, campaign_id, branch, _MOST)
                locked = (await ledger_sql.lock(session, ids)).items()
                held = [(delivery, item.row.gen) for delivery, item in locked if item.row.state is State.HELD]
                done = await self._ledger.apply(
                    session, [(delivery, self._move(decision, gen)) for delivery, gen in held]
                )
            self._ledger.announce(done)
            count, found = count + done.changed, len(ids)
        facts = {"campaign_id": str(campaign_id), "decision": decision.value, "client": by, "branch": branch}
        log.info("held deliveries of a campaign decided", deliveries=count, **facts)
        return count

    def _move(self, decision: Decision, gen: int) -> Move:
        return Move(_HAPPENINGS[decision], "operator", gen, code="operator", not_before=self._clock.now())

    async def history(
        self, member_id: UUID, branch: str | None, before: datetime | None, most: int
    ) -> list[DeliveryRecord]:
        """The latest deliveries to a member on this channel, the latest first."""
        async with self._database.transaction() as session:
            return await sql.of_member(session, member_id, branch, before, most)

    async def counts(self, campaign: UUID | None, branch: str | None) -> dict[str, int]:
        """Deliveries by state."""
        async with self._database.transaction() as session:
            return await sql.counts(session, campaign, branch)
