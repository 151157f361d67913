"""Unclear stops: a person lifts or confirms what holds an address; one that nobody decides becomes a STOP."""

from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from chassis.clock import Clock
from chassis.db.database import Database
from chassis.errors import NotFound
from chassis.observability.logs import get
from chassis.periodic import Periodic
from dispatch.inbound import address_holds_sql
from dispatch.inbound.address_holds_sql import AddressHold
from dispatch.inbound.suppression import Suppression, Suppressions
from dispatch.ledger.address_holds import wake
from dispatch.ledger.batches import in_batches
from dispatch.observability.alarm import Alarm
from dispatch.observability.metrics import DispatchMetrics
from dispatch.settings import DispatchSettings
from dispatch.wakeups import Wakeups

log = get(__name__)
_MOST = 5000
_EVERY = 60.0


class HoldDecision(StrEnum):
    """What a person took the text for."""

    STOP = "stop"
    LIFT = "lift"


class AddressHolds:
    """The service behind the routes, and the background step. `branch` limits what a caller sees and does."""

    def __init__(
        self,
        settings: DispatchSettings,
        database: Database,
        clock: Clock,
        wakeups: Wakeups,
        metrics: DispatchMetrics,
        alarm: Alarm,
    ) -> None:
        self._settings, self._database, self._clock, self._wakeups = settings, database, clock, wakeups
        self._metrics, self._alarm, self._suppressions = metrics, alarm, Suppressions(settings)

    @property
    def task(self) -> Periodic:
        """A round every minute, by one replica for all."""
        return Periodic("address-holds", self.step, every=_EVERY, leader=self._database)

    async def page(self, branch: str | None, after: UUID | None, most: int) -> list[AddressHold]:
        """What waits for a person."""
        async with self._database.transaction() as session:
            return await address_holds_sql.page(session, self._clock.now(), branch=branch, after=after, most=most)

    async def decide(self, hold_id: UUID, decision: HoldDecision, by: str, branch: str | None) -> None:
        """Raises NotFound if it does not wait (any more), or not for this branch."""
        now = self._clock.now()
        async with self._database.transaction() as session:
            found = await address_holds_sql.page(session, now, branch=branch, after=None, most=1, hold_id=hold_id)
            if not found:
                raise NotFound("no such hold")
            address = found[0].address_hash
            if decision is HoldDecision.STOP:
                opt_out = Suppression(address, ("operator", address, now.date()))
                await self._suppressions.take(session, [opt_out], "operator", now)
            await address_holds_sql.end(session, [address], now)
        log.info("address hold decided", hold_id=str(hold_id), decision=decision.value, client=by)
        await self._wake()

    async def step(self) -> None:
        """Take those for a STOP that nobody decided in time, raise the alarm about old ones, and wake what waits for
        one that a STOP or a START has ended."""
        now, settings = self._clock.now(), self._settings
        async with self._database.transaction() as session:
            overdue = now - timedelta(seconds=settings.hold_becomes_stop_seconds)
            hashes = await address_holds_sql.undecided(session, overdue, _MOST)
            if hashes:
                opt_outs = [Suppression(address, ("undecided", address, now.date())) for address in hashes]
                await self._suppressions.take(session, opt_outs, "undecided", now)
            waiting, oldest = await address_holds_sql.standing(session, now)
        self._metrics.measured({"address_holds_open": waiting, "address_holds_oldest_seconds": oldest})
        if oldest >= settings.hold_alarm_seconds:
            self._alarm.raised("an unclear stop waits for a person", "address_hold", waiting=str(waiting))
        await self._wake()

    async def _wake(self) -> None:
        """What waits for a hold that has ended is judged again."""
        await in_batches(
            self._database, lambda session, most: wake(session, self._clock.now(), most), self._wakeups.due
        )
