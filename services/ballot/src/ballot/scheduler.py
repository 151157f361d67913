"""Opens, closes and counts polls when they are due, in one replica; each step locks its poll."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from ballot.service.counts import Counts
from ballot.service.polls import Polls
from chassis.errors import Refused, Unavailable
from chassis.observability.logs import get

log = get(__name__)


class Scheduler:
    """What fails for one poll does not keep the others, and is tried again in the next round."""

    def __init__(self, polls: Polls, counts: Counts) -> None:
        self._polls, self._counts = polls, counts

    async def round(self) -> None:
        """Take every poll that is due one step further."""
        to_open, to_close = await self._polls.due()
        to_count = await self._counts.due()
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
