"""Whether this process may claim and call now, from a state that is at most a second old."""

import asyncio
import time
from uuid import UUID

from chassis.db.database import Database
from chassis.errors import Unavailable
from dispatch.brake import sql
from dispatch.brake.sql import BrakeRow
from dispatch.observability.alarm import Alarm
from dispatch.settings import DispatchSettings

_OLDEST = 1.0
"""Seconds for which a state is believed."""
_MOST = 1000
"""Campaigns that are asked for together."""


class Brake:
    """The stops of the database, and whether `campaigns`, on which the others come, is being applied at all."""

    def __init__(self, settings: DispatchSettings, database: Database, alarm: Alarm) -> None:
        self._longest, self._database, self._alarm = settings.brake_seconds, database, alarm
        self._asking = asyncio.Lock()
        self._campaigns: dict[UUID, None] = {}
        self._state = BrakeRow(stopped=True, campaigns=frozenset(), behind=(), known=False)
        self._read_at = float("-inf")

    async def lets_claim(self) -> bool:
        """Whether anything may be claimed. Raises Unavailable."""
        state = await self._fresh()
        if state.behind:
            parts = ", ".join(map(str, state.behind))
            self._alarm.raised(
                "nothing is claimed: campaigns is not applied, see /readyz", "campaigns behind", partitions=parts
            )
        return state.known and not state.stopped and not state.behind

    async def lets_call(self, campaign_id: UUID) -> bool:
        """Whether a claimed message of this campaign may still go. False too while the database does not say."""
        if campaign_id not in self._campaigns:
            self._campaigns[campaign_id] = None
            self._read_at = float("-inf")
            while len(self._campaigns) > _MOST:
                del self._campaigns[next(iter(self._campaigns))]
        try:
            state = await self._fresh()
        except Unavailable:
            return False
        return not state.stopped and campaign_id not in state.campaigns

    async def _fresh(self) -> BrakeRow:
        if time.monotonic() - self._read_at > _OLDEST:
            async with self._asking:
                if time.monotonic() - self._read_at > _OLDEST:
                    began = time.monotonic()
                    async with self._database.transaction() as session:
                        self._state = await sql.state(session, self._campaigns, self._longest)
                    self._read_at = began
        return self._state
