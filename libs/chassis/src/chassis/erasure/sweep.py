"""One service's sweep: rows, topics, tables, and last the log of all that was written."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from chassis.clock import Clock
from chassis.db.database import Database
from chassis.erasure import tables, wal
from chassis.erasure.residue import ReportLine, Residue
from chassis.erasure.rows import Rows
from chassis.erasure.topics import Topics
from chassis.kafka.catch_up import CatchUp
from chassis.kafka.producer import Broker
from contracts.topics import MEMBERS


@dataclass(frozen=True, slots=True)
class Wanted:
    """How far to go. `wait`: seconds of patience with whatever is still under way."""

    rewrite: bool = False
    compact: bool = False
    cut_replies: bool = False
    provider: bool = False
    wait: float = 60.0


class Sweep:
    """May run at any time, apart from the locks of `rewrite`; a repeated run goes on where the last one stopped."""

    def __init__(self, service: str, share: Residue, database: Database, broker: Broker, wanted: Wanted) -> None:
        self._service, self._share, self._wanted = service, share, wanted
        self._database, self._broker, self._rows = database, broker, Rows(database, share)

    async def run(self, clock: Clock) -> AsyncIterator[ReportLine]:
        """A line for each thing as it is done. Raises Unavailable."""
        if self._share.heard_by:
            yield await self._heard()
        for line in [*await self._rows.clear(clock.now()), *await self._rows.settled(self._wanted.wait)]:
            yield line
        async for line in self._topics(clock):
            yield line
        if self._wanted.provider and self._share.withdraw is not None:
            yield await self._share.withdraw(self._database)
        async with self._database.connect() as connection:
            if not self._wanted.rewrite:
                async for line in tables.freshen(connection, self._share.tables):
                    yield line
                return
            async for line in tables.rewrite(connection, self._share.tables, wait=self._wanted.wait):
                yield line
            for line in await wal.forget(connection):
                yield line

    async def _heard(self) -> ReportLine:
        """An erasure that the service has not handled yet would be missed."""
        reading = CatchUp(self._broker, self._database)
        passed = await reading.has_passed_now(self._share.heard_by, MEMBERS, within=self._wanted.wait)
        left = "" if passed else "the service has not read all of it yet: is it running?"
        return ReportLine("topic", MEMBERS.name, "read to its end", left)

    async def _topics(self, clock: Clock) -> AsyncIterator[ReportLine]:
        if not self._share.compacted and self._share.replies is None:
            return
        erased, wanted, broker = await self._rows.erased(), self._wanted, self._broker
        topics = Topics(broker.connection(), prefix=broker.prefix, erased=erased, service=self._service, clock=clock)
        for topic in self._share.compacted:
            yield await (topics.compact(topic, wait=wanted.wait) if wanted.compact else topics.look(topic))
        if self._share.replies is not None:
            topic = self._share.replies
            cut = wanted.cut_replies
            yield await (topics.cut(topic) if cut else topics.look_at_replies(topic))
