"""Writes dead letters in the transaction that stores a batch; deletes late ones of the erased, and counts the rest."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from chassis.clock import Clock
from chassis.db.database import Database, any_error_unavailable
from chassis.dead_letters import sql
from chassis.dead_letters.sql import State
from chassis.kafka.batch import Batch, Poison
from chassis.observability.logs import get
from chassis.observability.metrics import Metrics
from contracts.events.members import MemberErased
from contracts.events.replies import ReplyReceived
from contracts.topics import ALL, REPLIES
from sqlalchemy import event
from sqlalchemy.orm import Session
from sqlmodel.ext.asyncio.session import AsyncSession

log = get(__name__)
KEPT = timedelta(days=14)
KEPT_WITHOUT_SUBJECT = timedelta(hours=72)
"""Of a record about a member whose id cannot be read: the erasure of that member would not find it."""
_ABOUT_MEMBERS = {topic.name for topic in ALL if topic.personal or "member_id" in topic.key}


class DeadLetters:
    """The dead letters of one service."""

    def __init__(self, database: Database, clock: Clock, metrics: Metrics, *, erased: str = "") -> None:
        """`erased`: the service's query for the ids of erased members."""
        self._database, self._clock, self._erased = database, clock, erased
        self._gauge = metrics.gauge("dead_letters", "Dead letters that may be replayed", ("topic", "reason"))

    async def settle(self, session: AsyncSession, batch: Batch) -> None:
        """Within the transaction of the batch: add its poison, mark what its later records replace, and delete what is
        about members whom it erases."""
        now = self._clock.now()
        if batch.poison:
            await sql.add(session, [_row(item, batch.group, now) for item in batch.poison])
            event.listen(session.sync_session, "after_commit", partial(_log, batch.poison), once=True)
        if batch.latest:
            await sql.replace_older(session, batch.group, batch.latest, now)
        erased = [item.event.member_id for item in batch.events if isinstance(item.event, MemberErased)]
        if erased:
            await sql.erase(session, erased)

    async def maintain(self) -> None:
        """Delete what is about erased members, and count the rest. Raises Unavailable."""
        with any_error_unavailable():
            async with self._database.transaction() as session:
                if self._erased:
                    await sql.erase_late(session, self._erased)
                counts = await sql.counts(session)
        self.forget()
        for topic, reason, count in counts:
            self._gauge.labels(topic, reason).set(count)

    def forget(self) -> None:
        """Another replica counts from now on."""
        self._gauge.clear()


def _log(poison: Sequence[Poison], _: Session) -> None:
    log.error("dead letters written", count=len(poison), first=poison[0].reason)


def _row(item: Poison, group: str, now: datetime) -> dict[str, object]:
    record, subjects = item.record, _subjects(item)
    # A reply that cannot be read may be about others at the same address, whom its key does not name.
    unread_reply = item.topic == REPLIES.name and item.event is None
    findable = (subjects and not unread_reply) or item.topic not in _ABOUT_MEMBERS
    return {
        "consumer_group": group,
        "topic": item.topic,
        "partition": record.partition,
        "offset": record.offset,
        "timestamp": record.timestamp,
        "key": record.key,
        "value": record.value,
        "headers": [part for name, value in record.headers for part in (name.encode(), value or b"")],
        "subjects": sorted(subjects),
        "reason": sql.storable(item.reason),
        "attempts": item.attempts,
        "written_at": now,
        "expires_at": now + (KEPT if findable else KEPT_WITHOUT_SUBJECT),
        "state": State.KEPT.value,
        "why": "",
    }


def _subjects(item: Poison) -> set[str]:
    """The members it is about: the one in its key; of a reply, also those known at the address."""
    if item.topic not in _ABOUT_MEMBERS:
        return set()
    about: set[UUID | None] = set()
    if isinstance(item.event, ReplyReceived):
        about |= {item.event.member_id, *item.event.members_at_address}
    with suppress(ValueError):  # an address's hash, or no key of ours
        about.add(UUID((item.record.key or b"").decode(errors="replace").rpartition(":")[2]))
    return {str(member) for member in about if member}
