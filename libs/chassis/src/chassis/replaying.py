"""Hands dead letters that somebody asked for to the handler that could not use them, once in effect.

Not by way of the topic they came from: everybody else who reads it has handled the record already. The mark is made in
the transaction of the effect, where a batch stores its positions, so that two replicas, or a crash, make one effect.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chassis import letter_keys, replays
from chassis.clock import Clock
from chassis.db.database import Database
from chassis.errors import Conflict, Refused, Unavailable
from chassis.kafka.batch import Batch, RawRecord, decode_all, forget_erased
from chassis.kafka.producer import Kafka
from chassis.kafka.scan import scan
from chassis.kafka.subscription import Subscription
from chassis.letters import Letter, unpack
from chassis.observability.logs import get
from chassis.replays import State
from contracts.topics import dead_letters
from sqlmodel.ext.asyncio.session import AsyncSession

log = get(__name__)
_POLL = 1.0
ERASED = "its bytes were erased, or their key has been dropped"


class Replayed(Conflict):
    """Another replica was faster: its effect is committed, ours is rolled back."""


@dataclass(frozen=True, slots=True)
class Again(Batch):
    """One letter's record as a batch; it moves no position, it marks the letter."""

    letter: str
    now: datetime

    async def store(self, session: AsyncSession) -> None:
        """Mark it within the transaction of the effect. Raises Replayed."""
        if not await replays.end(session, self.letter, State.DONE, self.now):
            raise Replayed("it was replayed meanwhile")
        await forget_erased(session, self.events)


class Replays:
    """A task: what waits is handled, in the order it was asked for."""

    name = "dead-letter-replays"

    def __init__(
        self, service: str, subscriptions: Sequence[Subscription], database: Database, kafka: Kafka, clock: Clock
    ) -> None:
        self._subscriptions = {subscription.group: subscription for subscription in subscriptions}
        self._database, self._kafka, self._clock = database, kafka, clock
        self._topic = kafka.name(dead_letters(service))

    async def run(self) -> None:
        """Endless; a part that is down for now leaves the letter waiting."""
        while True:
            try:
                while await self._next():
                    pass
            except Unavailable as error:
                log.warning("cannot replay now", error=str(error))
            await asyncio.sleep(_POLL)

    async def _next(self) -> bool:
        """Whether there was one."""
        async with self._database.transaction() as session:
            asked = await replays.first_waiting(session, self._subscriptions.keys())
        if asked is None:
            return False
        refused = await self._replay(asked)
        # One that was done has its mark already, and this changes nothing.
        async with self._database.transaction() as session:
            state = State.REFUSED if refused else State.DONE
            await replays.end(session, asked.letter, state, self._clock.now(), refused)
        log.info("dead letter replayed", letter=asked.letter, by=asked.asked_by, refused=refused)
        return True

    async def _replay(self, asked: Any) -> str:
        """Why it was refused, or nothing."""
        subscription = self._subscriptions[asked.subscription]
        try:
            record = await self._record(asked)
            batch = self._batch(subscription, record, asked.letter)
            await subscription.handle(batch)
        except Unavailable:
            raise
        except Replayed:
            return ""
        except Refused as error:
            return error.detail
        except Exception as error:
            log.exception("handler failed at a replay", group=subscription.group, letter=asked.letter)
            return f"bug: {type(error).__name__}"
        return ""

    async def _record(self, asked: Any) -> RawRecord:
        """The record as it was first heard. Raises Refused when nothing of it can be read any more."""
        letters = scan(self._kafka.connection(), self._topic, starts={0: asked.place})
        found = [unpack(record) async for record in letters if record.offset == asked.place]
        if not found or found[0].id != asked.letter:
            raise Refused("the letter has expired")
        (letter,) = found
        async with self._database.transaction() as session:
            return letter.opened(self._kafka.settings.topic_prefix, await key_of(session, letter, self._clock.now()))

    def _batch(self, subscription: Subscription, record: RawRecord, letter: str) -> Again:
        found = decode_all([record], {self._kafka.name(topic): topic for topic in subscription.topics})
        if found.poison:
            raise Refused(found.poison[0].error)
        if not found.events:
            raise Refused("nobody here knows an event of this type")
        return Again(subscription.group, found.events, found.positions, letter=letter, now=self._clock.now())


async def key_of(session: AsyncSession, letter: Letter, now: datetime) -> bytes | None:
    """The key to a sealed letter, None to one that is not. Raises Refused when it has been dropped."""
    if letter.key_id is None:
        return None
    found = await letter_keys.find(session, [letter.key_id], now)
    if letter.key_id not in found:
        raise Refused(ERASED)
    return found[letter.key_id]
