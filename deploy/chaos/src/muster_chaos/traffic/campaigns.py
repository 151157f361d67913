"""One campaign after another to the same people, so that there is always something to lose."""

import asyncio
from dataclasses import dataclass, field

from asyncpg.exceptions import InterfaceError, InternalClientError, PostgresError
from local_stack.stack import Stack
from muster_demo import evidence
from muster_demo.scenario import Scenario
from muster_demo.staff import Refusal

_DUE = "SELECT count(*) AS open FROM deliveries WHERE state = 'requested'"
_OPEN = "SELECT count(*) AS open FROM deliveries WHERE state IN ('requested', 'sending', 'in_doubt')"
_UNASKED = """
SELECT (SELECT count(*) FROM campaigns WHERE state = 'launched' AND frozen_at IS NULL)
    + (SELECT count(*) FROM fanout_shards WHERE NOT done) AS open
"""
_DISPATCHERS = ("dispatch-sms", "dispatch-email")
_ALMOST_OUT = 300
_CHANGED_MEANWHILE = (409, 412)


@dataclass
class Campaigns:
    """Launched one by one, the next as soon as the last is nearly out."""

    stack: Stack
    story: Scenario
    launched: list[str] = field(default_factory=list)

    async def launch(self) -> None:
        """One more. If an answer was lost on the way and a step can not be repeated, a new draft takes its place."""
        while True:
            try:
                await self.story.draft(reminder=len(self.launched))
                await self.story.confirm()
                break
            except Refusal as refusal:
                if refusal.status not in _CHANGED_MEANWHILE:
                    raise
        await self._launch(f"/campaigns/{self.story.campaign_id}")
        self.launched.append(self.story.campaign_id)

    async def _launch(self, path: str) -> None:
        """A launch whose answer was lost has happened: a repeat is refused, and the campaign says so."""
        organiser = self.story.organiser
        try:
            await organiser.post("segmenter", f"{path}/launch", self.story.facts["confirmed"])
        except Refusal as refusal:
            state = (await organiser.get("segmenter", path))["state"]
            if refusal.status != 409 or state in ("draft", "approved"):
                raise

    async def keep_busy(self) -> None:
        """Endless: whenever almost everything is out, one more."""
        while True:
            await asyncio.sleep(1)
            if await self._few(_DUE, _DISPATCHERS, _ALMOST_OUT) and await self._few(_UNASKED, ("segmenter",)):
                await self.launch()

    async def over(self) -> bool:
        """Whether everything is asked for and at an end, as far as the ledgers know."""
        return await self._few(_UNASKED, ("segmenter",)) and await self._few(_OPEN, _DISPATCHERS)

    async def _few(self, query: str, services: tuple[str, ...], most: int = 0) -> bool:
        """Whether the services count no more than so many in all. While the database is down nobody knows: no."""
        try:
            found = [await evidence.rows(self.stack, name, query) for name in services]
        except (OSError, PostgresError, InterfaceError, InternalClientError):
            return False
        return sum(int(rows[0]["open"]) for rows in found) <= most
