"""Where voters' answers stand, and what follows from it."""

from collections.abc import Collection
from datetime import datetime

from ballot.repository import answers, voters
from ballot.service.telling import tell_of_participation
from contracts.ids import Ids
from sqlmodel.ext.asyncio.session import AsyncSession


async def settle(session: AsyncSession, ids: Ids, pairs: Collection[answers.Pair], now: datetime) -> None:
    """Say anew where these voters' answers stand, and tell who took part."""
    await answers.settle(session, pairs)
    await tell_of_participation(session, ids, await voters.take_part(session, pairs, now.date()), now)
