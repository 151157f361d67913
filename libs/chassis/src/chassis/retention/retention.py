"""Deletes what has been kept long enough: one replica, in batches by an index, at most half of the time."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta

from chassis.clock import Clock
from chassis.db.database import Database, any_error_unavailable
from chassis.db.statements import run
from chassis.kafka import outbox
from chassis.kafka.outbox import Outgoing
from chassis.observability.logs import get
from chassis.periodic import Periodic
from chassis.retention.spans import Span
from chassis.settings import ServiceSettings

log = get(__name__)
_EVERY = 300.0
_MOST = 2000
_OWNERS = 100
_EXPIRED = "SELECT {key} FROM {table} WHERE {expired} LIMIT :most"
_DELETE = """
DELETE FROM {table} WHERE ctid = ANY (ARRAY(SELECT ctid FROM {table} WHERE {which} LIMIT :most FOR UPDATE SKIP LOCKED))
"""
Step = Callable[["Retention"], Awaitable[None]]


class Retention:
    """The led task of one service. `steps` end what takes more than deleting rows, such as a month of a ledger."""

    def __init__(
        self,
        settings: ServiceSettings,
        database: Database,
        clock: Clock,
        spans: Sequence[Span],
        steps: Sequence[Step] = (),
    ) -> None:
        self._settings, self._database, self._clock = settings, database, clock
        self._spans, self._steps = {span.table: span for span in spans}, tuple(steps)

    @property
    def task(self) -> Periodic:
        """A round every few minutes, by one replica for all."""
        return Periodic("retention", self.step, every=_EVERY, leader=self._database, retry=60.0)

    async def step(self) -> None:
        """One round. Raises Unavailable, also where the database refuses: a span that cannot be kept stops nothing."""
        with any_error_unavailable():
            for span in self._spans.values():
                if span.expired:
                    ended = await (self._delete_whole(span) if span.parts else self._delete_rows(span))
                    if ended:
                        log.info("rows deleted after their span", table=span.table, rows=ended)
            for step in self._steps:
                await step(self)

    async def _delete_rows(self, span: Span) -> int:
        return await self.delete(span.table, span.expired, **self._since(span))

    async def _delete_whole(self, span: Span) -> int:
        """Owner by owner, its parts first: what is interrupted is found again by the owner."""
        total, deleted = 0, _OWNERS
        while deleted == _OWNERS:
            deleted = 0
            query, since = _EXPIRED.format(key=span.key, table=span.table, expired=span.expired), self._since(span)
            async with self._database.transaction() as session:
                owners = list((await run(session, query, most=_OWNERS, **since)).scalars())
            mine = f"{span.key} = :owner"
            for owner in owners:
                for part in span.parts:
                    await self.delete(part, mine, owner=owner)
                deleted += await self.delete(span.table, f"{mine} AND ({span.expired})", owner=owner, **since)
            total += deleted
        return total

    async def delete(self, table: str, which: str, **values: object) -> int:
        """The rows of a table that a condition meets, in one transaction after the other; how many."""
        span = self._spans[table]
        batch, total = _MOST, 0
        while batch == _MOST:
            began = time.monotonic()
            batch = await self._delete_batch(span, which, values)
            total += batch
            if batch == _MOST:
                await asyncio.sleep(min(time.monotonic() - began, 1.0))
        return total

    async def _delete_batch(self, span: Span, which: str, values: Mapping[str, object]) -> int:
        statement, given = _DELETE.format(table=span.table, which=which), {"most": _MOST, **values}
        async with self._database.transaction() as session:
            if span.tombstone is None:
                return (await run(session, statement, **given)).rowcount
            rows = (await run(session, f"{statement} RETURNING *", **given)).mappings().all()
            now, ids = self._clock.now(), self._settings.ids
            places = [span.tombstone(row) for row in rows]
            ended = [Outgoing(topic, key, None, ids.event("ended", topic.name, key), now) for topic, key in places]
            await outbox.put(session, self._settings.service, ended)
            return len(rows)

    def _since(self, span: Span) -> dict[str, object]:
        days = getattr(self._settings, span.setting) if span.setting else 0
        return {"before": self._clock.now() - timedelta(days=days)}
