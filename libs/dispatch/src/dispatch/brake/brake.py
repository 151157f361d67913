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
_PATIENCE = 3.0
"""Seconds to wait for a state; after that the slot of a call is missed anyway."""
_KEPT = 60.0
"""Seconds for which a campaign is asked for after its last call."""


class Brake:
    """The stops of the database, and whether `campaigns`, on which the others come, is being applied at all."""

    def __init__(self, settings: DispatchSettings, database: Database, alarm: Alarm) -> None:
        self._longest, self._database, self._alarm = settings.brake_seconds, database, alarm
        self._asking = asyncio.Lock()
        self._called: dict[UUID, float] = {}
        self._asked: frozenset[UUID] = frozenset()
        """The campaigns that the state is about."""
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
        """Whether a claimed message of this campaign may still go. False where the database does not say at once."""
        self._called[campaign_id] = time.monotonic()
        try:
            async with asyncio.timeout(_PATIENCE):
                state = await self._fresh(campaign_id)
        except (Unavailable, TimeoutError):
            return False
        return not state.stopped and campaign_id not in state.campaigns

    async def _fresh(self, campaign_id: UUID | None = None) -> BrakeRow:
        if self._is_old(campaign_id):
            async with self._asking:
                if self._is_old(campaign_id):
                    await self._read()
        return self._state

    def _is_old(self, campaign_id: UUID | None) -> bool:
        unasked = campaign_id is not None and campaign_id not in self._asked
        return unasked or time.monotonic() - self._read_at > _OLDEST

    async def _read(self) -> None:
        began = time.monotonic()
        self._called = {campaign: at for campaign, at in self._called.items() if at > began - _KEPT}
        asked = frozenset(self._called)
        async with self._database.transaction() as session:
            self._state = await sql.state(session, asked, self._longest)
        self._read_at, self._asked = began, asked
