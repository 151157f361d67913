"""The union-wide stop."""

from typing import Any

from chassis.clock import Clock
from chassis.db.database import Database
from chassis.http.auth import Caller
from chassis.kafka.outbox import Outgoing, put
from contracts import topics
from contracts.campaigns import UNION_WIDE_STOP_KEY, SendingStopped
from segmenter.domain import scope
from segmenter.repository import sending
from segmenter.service.repeating import Bell
from segmenter.settings import Settings


class Sending:
    """Stops everything at once, and lifts that again."""

    def __init__(self, database: Database, clock: Clock, settings: Settings, wakeup: Bell) -> None:
        self._database, self._clock, self._settings, self._bell = database, clock, settings, wakeup

    async def present(self) -> Any | None:
        """The last word; None while nothing was ever stopped."""
        async with self._database.transaction() as session:
            return await sending.present(session)

    async def say(self, caller: Caller, *, stopped: bool, reason: str) -> Any:
        """Stop or lift, for the whole union; dispatchers hear it on `campaigns`."""
        scope.union_only(caller.branch)
        now = self._clock.now()
        values = {"stopped": stopped, "reason": reason, "by": caller.client_id, "at": now}
        async with self._database.transaction() as session:
            said = await sending.say(session, values)
            event = SendingStopped(version=said.version, stopped=stopped, reason=reason, at=now)
            event_id = self._settings.ids.event("stop", said.version)
            outgoing = Outgoing(topics.CAMPAIGNS, UNION_WIDE_STOP_KEY, event, event_id, now)
            await put(session, self._settings.service, [outgoing])
        self._bell.set()
        return said
