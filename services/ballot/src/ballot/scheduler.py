"""Opens, closes and counts polls when they are due. Any number of replicas may run it: each step locks its poll."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

from ballot.service.counts import Counts
from ballot.service.polls import Polls
from chassis.errors import Refused, Unavailable
from chassis.observability.logs import get

log = get(__name__)


class Scheduler:
    """A background task; a step that fails is tried again in the next round."""

    name = "poll-scheduler"

    def __init__(self, polls: Polls, counts: Counts, *, every: float) -> None:
        self._polls, self._counts, self._every = polls, counts, every

    async def run(self) -> None:
        """Endless."""
        while True:
            await self._round()
            await asyncio.sleep(self._every)

    async def _round(self) -> None:
        try:
            to_open, to_close = await self._polls.due()
            to_count = await self._counts.due()
        except Unavailable as error:
            log.warning("due polls not listed", error=str(error))
            return
        for poll_id in to_open:
            await _attempt("open", self._open, poll_id)
        for poll_id in to_close:
            await _attempt("close", self._polls.close, poll_id)
        for poll_id in to_count:
            await _attempt("count", self._counts.count, poll_id)

    async def _open(self, poll_id: UUID) -> None:
        if not await self._polls.lapse(poll_id):
            await self._polls.open(poll_id)


async def _attempt(step: str, action: Callable[[UUID], Awaitable[object]], poll_id: UUID) -> None:
    try:
        await action(poll_id)
    except (Unavailable, Refused) as error:
        log.warning("poll step failed", step=step, poll_id=str(poll_id), reason=str(error))
