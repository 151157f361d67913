"""Asks the provider about accepted messages whose receipt is late, and gives up after the last time."""

import asyncio
from datetime import timedelta

from chassis.db.database import Database
from chassis.errors import Unavailable
from chassis.observability.logs import get
from dispatch.ledger.ledger import Ledger
from dispatch.ledger.moves import Move
from dispatch.ledger.states import Happening
from dispatch.pacing.pace import Pace
from dispatch.provider import Provider
from dispatch.settings import DispatchSettings
from dispatch.settlement import sql
from dispatch.settlement.receipts import HAPPENINGS
from dispatch.settlement.sql import Late

log = get(__name__)
_MOST, _TOGETHER = 100, 10
"""One by one a provider that hangs would hold up the round, and with it all that is in doubt, for half an hour."""
_UNAVAILABLE_AGAIN = 60.0
"""Seconds until a provider that could not be asked is asked again; sooner where receipts are expected sooner."""


class ReceiptPolls:
    """Part of the reconciler's round."""

    def __init__(
        self, settings: DispatchSettings, provider: Provider, database: Database, pace: Pace, ledger: Ledger
    ) -> None:
        self._settings, self._provider, self._database = settings, provider, database
        self._pace, self._ledger = pace, ledger

    async def once(self) -> None:
        """Up to a hundred late ones."""
        async with self._database.transaction() as session:
            late = await sql.late(session, _MOST)
        for start in range(0, len(late), _TOGETHER):
            some = late[start : start + _TOGETHER]
            asked = await asyncio.gather(*(self._ask(item) for item in some))
            await self._ledger.write([(item.delivery_id, move) for item, move in zip(some, asked, strict=True) if move])

    async def _ask(self, item: Late) -> Move | None:
        """The move; or None, and the poll is postponed."""
        await self._pace.wait_for_one()
        try:
            seen = await self._provider.status(item.reference) if item.reference else None
        except Unavailable as error:
            log.warning("the provider cannot be asked", error=str(error))
            again = timedelta(seconds=min(_UNAVAILABLE_AGAIN, self._settings.status_after_seconds[0]))
            await self._postpone(item, item.polls, again)
            return None
        happening = HAPPENINGS.get(seen.status) if seen else None
        if seen is not None and happening in {Happening.ARRIVED, Happening.FAILED}:
            return Move(happening, "poll", item.gen, seen.reference, code=seen.code, address_bad=seen.address_bad)
        after = self._settings.status_after_seconds
        if item.polls + 1 >= len(after):
            return Move(Happening.RAN_OUT, "poll", item.gen, reason="no receipt")
        await self._postpone(item, item.polls + 1, timedelta(seconds=after[item.polls + 1] - after[item.polls]))
        return None

    async def _postpone(self, late: Late, polls: int, again: timedelta) -> None:
        async with self._database.transaction() as session:
            await sql.postpone_poll(session, late.delivery_id, polls, again)
