"""Stopping: written down first, confirmed once no claim from before is open."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.clock import Clock
from chassis.db.database import Database
from chassis.errors import Unavailable
from chassis.observability.logs import get
from contracts.events.campaigns import SendingStopped
from contracts.stop_orders import ALL_SENDING
from dispatch.brake import sql
from dispatch.brake.sql import Origin, StopRow
from dispatch.wakeups import Wakeups
from sqlmodel.ext.asyncio.session import AsyncSession

log = get(__name__)
_LONGEST_CLAIM = 5.0
"""Seconds that a confirmation waits."""


@dataclass(frozen=True, slots=True)
class StopConfirmation:
    """What holds after a stop or a lift. `confirmed`: every claim from before has ended; calls that were claimed and
    not begun are given up within a second."""

    stopped: bool
    confirmed: bool


class Stops:
    """Stops and lifts, of all sending or of one campaign, by the union or by this dispatcher's operators. Sending needs
    both to be open."""

    def __init__(self, database: Database, clock: Clock, wakeups: Wakeups) -> None:
        self._database, self._clock, self._wakeups = database, clock, wakeups

    async def all(self) -> Sequence[StopRow]:
        """The last of each."""
        async with self._database.transaction() as session:
            return await sql.all_stops(session)

    async def operator(self, campaign_id: UUID | None, *, stopped: bool, reason: str, by: str) -> StopConfirmation:
        """By somebody who operates this dispatcher."""
        return await self._replace("operator", campaign_id or ALL_SENDING, None, stopped, reason, by)

    async def union(self, scope: UUID, version: int, *, stopped: bool, reason: str) -> StopConfirmation:
        """The segmenter's, sent directly. The same comes by Kafka; the higher version holds."""
        return await self._replace("union", scope, version, stopped, reason, "segmenter")

    async def _replace(
        self, origin: Origin, scope: UUID, version: int | None, stopped: bool, reason: str, by: str
    ) -> StopConfirmation:
        values = {"stopped": stopped, "reason": reason, "by": by, "at": self._clock.now()}
        async with self._database.transaction() as session:
            changed = await sql.replace(session, origin, scope, version, **values)
            if changed and not stopped:
                await sql.follow_anew(session, scope)
        log.warning("stop" if stopped else "lift", origin=origin, scope=str(scope), by=by, changed=changed)
        self._wakeups.due.set()
        self._wakeups.campaigns.set()
        return await self._confirm(scope)

    async def _confirm(self, scope: UUID) -> StopConfirmation:
        async with self._database.transaction() as session:
            stopped = await sql.is_stopped(session, scope)
        try:
            async with self._database.transaction() as session:
                await sql.no_claim_open(session, _LONGEST_CLAIM)
        except Unavailable:
            log.error("a stop is written down but not confirmed: a claim is still open")
            return StopConfirmation(stopped, confirmed=False)
        return StopConfirmation(stopped, confirmed=True)


async def store_published(session: AsyncSession, stop: SendingStopped) -> None:
    """The union-wide stop or lift as it came by Kafka."""
    values: dict[str, bool | str | datetime] = {"stopped": stop.stopped, "reason": stop.reason, "at": stop.at}
    await sql.replace(session, "union", ALL_SENDING, stop.version, by="segmenter", **values)
