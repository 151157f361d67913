"""Opens, closes and counts polls when their time has come; any number of replicas may run one."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

from ballot.service.counting import Counting
from ballot.service.polls import Polls
from chassis.errors import Refused, Unavailable
from chassis.observability.logs import get

log = get(__name__)


class Keeper:
    """A task; what cannot be done now is tried again."""

    name = "poll-keeper"

    def __init__(self, polls: Polls, counting: Counting, *, every: float) -> None:
        self._polls, self._counting, self._every = polls, counting, every

    async def run(self) -> None:
        """Endless."""
        while True:
            await self._look()
            await asyncio.sleep(self._every)

    async def _look(self) -> None:
        try:
            to_open, to_close = await self._polls.due()
            to_count = await self._counting.due()
        except Unavailable as error:
            log.warning("polls not looked at", error=str(error))
            return
        for poll_id in to_open:
            await _tried("open", self._open, poll_id)
        for poll_id in to_close:
            await _tried("close", self._polls.close, poll_id)
        for poll_id in to_count:
            await _tried("count", self._counting.count, poll_id)

    async def _open(self, poll_id: UUID) -> None:
        if not await self._polls.lapse(poll_id):
            await self._polls.open(poll_id)


async def _tried(what: str, verb: Callable[[UUID], Awaitable[object]], poll_id: UUID) -> None:
    try:
        await verb(poll_id)
    except (Unavailable, Refused) as error:
        log.warning("poll waits", what=what, poll_id=str(poll_id), reason=str(error))
