"""Where voters' answers stand, and what follows from it."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from ballot.repository import answers, voters
from ballot.service.telling import tell_of_participation
from contracts.ids import Ids
from sqlmodel.ext.asyncio.session import AsyncSession


async def settle(session: AsyncSession, ids: Ids, pairs: Collection[answers.Pair], now: datetime) -> None:
    """Say anew where these voters' answers stand, and tell who took part."""
    await answers.settle(session, pairs)
    await _tell(session, ids, pairs, now)


async def settle_poll(session: AsyncSession, ids: Ids, poll_id: UUID, now: datetime) -> None:
    """The same for a whole poll, whose closing may have come before answers that stood until now."""
    moved = await answers.settle_poll(session, poll_id)
    if moved:
        await _tell(session, ids, moved, now)


async def _tell(session: AsyncSession, ids: Ids, pairs: Collection[answers.Pair], now: datetime) -> None:
    await tell_of_participation(session, ids, await voters.take_part(session, pairs, now.date()), now)
