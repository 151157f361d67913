"""Reads the provider's list of inbound texts, for those that no webhook brought, such as during an outage."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

from chassis.clock import Clock
from chassis.db.database import Database
from chassis.db.statements import run
from chassis.periodic import Periodic
from dispatch.inbound.inbound import Inbound, InboundText
from dispatch.settings import DispatchSettings

_LISTED_UNTIL = "SELECT clock_timestamp() AS now, (SELECT until FROM inbound_watermark) AS until"
_STORE = """
INSERT INTO inbound_watermark AS w (id, until) VALUES (1, :until)
ON CONFLICT (id) DO UPDATE SET until = greatest(w.until, excluded.until)
"""


class InboundListing:
    """`received` lists what the provider received since a moment. It raises Unavailable."""

    def __init__(
        self,
        settings: DispatchSettings,
        database: Database,
        clock: Clock,
        inbound: Inbound,
        received: Callable[[datetime], Awaitable[Sequence[InboundText]]],
    ) -> None:
        self._database, self._clock, self._inbound, self._received = database, clock, inbound, received
        self._overlap = timedelta(seconds=settings.inbound_overlap_seconds)
        self._every = settings.inbound_list_seconds

    @property
    def task(self) -> Periodic:
        """By one of the replicas."""
        return Periodic("inbound-listing", self.step, every=self._every, leader=self._database)

    async def step(self) -> None:
        """Take what came since the last round, and some time before it: a list may lag behind."""
        async with self._database.transaction() as session:
            row = (await run(session, _LISTED_UNTIL)).one()
        texts = await self._received((row.until or row.now) - self._overlap)
        await self._inbound.take_listed(texts)
        async with self._database.transaction() as session:
            await run(session, _STORE, until=row.now)
