"""One campaign after another to the same people, so that there are always deliveries under way."""

import asyncio
from dataclasses import dataclass, field

from local_stack.stack import Stack
from muster_demo import evidence
from muster_demo.scenario import Scenario
from muster_demo.staff import Refusal

_DUE = "SELECT count(*) AS open FROM deliveries WHERE state = 'requested'"
_OPEN = "SELECT count(*) AS open FROM deliveries WHERE state IN ('requested', 'sending', 'in_doubt')"
_FANOUT_OPEN = """
SELECT (SELECT count(*) FROM campaigns WHERE state = 'launched' AND frozen_at IS NULL)
    + (SELECT count(*) FROM fanout_shards WHERE NOT done) AS open
"""
_DISPATCHERS = ("dispatch-sms", "dispatch-email")
_FEW_DUE = 300
_CHANGED_MEANWHILE = (409, 412)


@dataclass
class Campaigns:
    """Launches campaigns, the next as soon as nearly all deliveries of the last were attempted."""

    stack: Stack
    scenario: Scenario
    launched: list[str] = field(default_factory=list)
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Whoever holds it keeps further campaigns from being launched."""

    async def launch(self) -> None:
        """Launch one more. If an answer was lost and the step cannot be repeated, a new draft is made."""
        while True:
            try:
                await self.scenario.draft(reminder=len(self.launched))
                await self.scenario.confirm()
                break
            except Refusal as refusal:
                if refusal.status not in _CHANGED_MEANWHILE:
                    raise
        await self._launch(f"/campaigns/{self.scenario.campaign_id}")
        self.launched.append(self.scenario.campaign_id)

    async def _launch(self, path: str) -> None:
        """If the answer to a launch was lost, the repeat is refused with 409, and the campaign's state says so."""
        organiser = self.scenario.organiser
        try:
            await organiser.post("segmenter", f"{path}/launch", self.scenario.facts["confirmed"])
        except Refusal as refusal:
            state = (await organiser.get("segmenter", path))["state"]
            if refusal.status != 409 or state in ("draft", "approved"):
                raise

    async def keep_busy(self) -> None:
        """Endless: launch one more whenever few deliveries are due."""
        while True:
            await asyncio.sleep(1)
            await self.launch_if_idle()

    async def launch_if_idle(self) -> None:
        """Launch one more if few deliveries are due."""
        async with self.turn:
            if await self._few(_DUE, _DISPATCHERS, _FEW_DUE) and await self.fanned_out():
                await self.launch()

    async def fanned_out(self) -> bool:
        """Whether every request is published."""
        return await self._few(_FANOUT_OPEN, ("segmenter",))

    async def over(self) -> bool:
        """Whether all fan-out is done and no delivery is open."""
        return await self.fanned_out() and await self._few(_OPEN, _DISPATCHERS)

    async def _few(self, query: str, services: tuple[str, ...], most: int = 0) -> bool:
        """Whether the services count no more than so many in all. False while a database is down."""
        try:
            found = [await evidence.rows(self.stack, name, query) for name in services]
        except evidence.AWAY:
            return False
        return sum(int(rows[0]["open"]) for rows in found) <= most
