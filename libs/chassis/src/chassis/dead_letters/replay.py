"""Hands dead letters that an operator asked for to the handler that could not use them, once in effect.

They do not go by way of their topic: every other reader of it has handled the record already. The mark is made in the
transaction of the effect, where a batch stores its positions, so that two replicas, or a crash, make one effect.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from chassis.clock import Clock
from chassis.db.database import Database, any_error_unavailable, passes
from chassis.dead_letters import sql
from chassis.dead_letters.sql import State
from chassis.errors import Refused, Unavailable
from chassis.kafka.batch import Batch, Letters, Place, Poison, decode_all
from chassis.kafka.poison_search import bisect
from chassis.kafka.subscription import Subscription
from chassis.observability.logs import get
from sqlalchemy.exc import DBAPIError
from sqlmodel.ext.asyncio.session import AsyncSession

log = get(__name__)
_MOST = 100
"""Letters in one batch; a record may have a megabyte."""
UNKNOWN = "nobody here knows an event of this type"


class Replayed(Unavailable):
    """Another replica was faster: its effect is committed, ours is rolled back."""


@dataclass(frozen=True, slots=True)
class ReplayBatch(Batch):
    """Records of dead letters as a batch; it moves no position, it marks the letters."""

    rows: Mapping[Place, int] = field(default_factory=dict)
    now: datetime = field(kw_only=True)

    async def store(self, session: AsyncSession) -> None:
        """Mark them within the transaction of the effect. Raises Replayed."""
        rows = [self.rows[item.place] for item in self.events]
        if await sql.end(session, rows, State.DONE, self.now) < len(rows):
            raise Replayed("replayed by another replica")
        if self.letters is not None:
            await self.letters.settle(session, self)


class Replays:
    """What waits is handled, in the order in which it was asked for."""

    def __init__(
        self, subscriptions: Sequence[Subscription], database: Database, letters: Letters, clock: Clock
    ) -> None:
        self._subscriptions = {subscription.group: subscription for subscription in subscriptions}
        self._database, self._letters, self._clock = database, letters, clock

    async def step(self) -> bool:
        """Whether there were any. Raises Unavailable: the letters wait."""
        with any_error_unavailable():
            return await self._next()

    async def _next(self) -> bool:
        async with self._database.transaction() as session:
            waiting = await sql.waiting(session, self._subscriptions.keys(), _MOST)
        if not waiting:
            return False
        subscription = self._subscriptions[waiting[0].group]
        names = {topic.name: topic for topic in subscription.topics}
        found = decode_all([letter.record() for letter in waiting if letter.topic in names], names, subscription.group)
        rows = {(letter.topic, letter.partition, letter.offset): letter.row for letter in waiting}
        for item in found.poison:
            await self._end([rows[item.place]], State.REFUSED, item.reason)
        if found.events:
            batch = ReplayBatch(
                subscription.group, found.events, (), (), found.latest, self._letters, rows, now=self._clock.now()
            )
            await self._hand_over(subscription, batch)
        used = {item.place for item in found.events} | {item.place for item in found.poison}
        await self._end([row for place, row in rows.items() if place not in used], State.REFUSED, UNKNOWN)
        log.info("dead letters replayed", group=subscription.group, count=len(rows))
        return True

    async def _hand_over(self, subscription: Subscription, batch: ReplayBatch) -> None:
        done = {batch.rows[item.place] for item in batch.events}

        async def refuse(_: ReplayBatch, poison: Poison) -> None:
            done.remove(batch.rows[poison.place])
            await self._end([batch.rows[poison.place]], State.REFUSED, poison.reason)

        async def handle(part: ReplayBatch) -> None:
            try:
                await subscription.handle(part)
            except DBAPIError as error:
                if len(part.events) > 1 or passes(error):
                    raise
                # No offset waits for a replay: one that cannot be stored must not stand before the others.
                raise Refused(f"the database does not take it: {type(error.orig).__name__}") from error

        await bisect(batch, handle, refuse)
        await self._end(done, State.DONE)  # marked already, but by a handler that stores nothing

    async def _end(self, rows: Collection[int], state: State, why: str = "") -> None:
        async with self._database.transaction() as session:
            await sql.end(session, rows, state, self._clock.now(), why)
