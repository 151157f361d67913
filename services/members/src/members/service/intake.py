"""Events from other systems: accepted after the commit; a repeat gets the stored answer; a batch is all or nothing."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import orjson
from chassis.db.database import Database
from chassis.errors import Fault, Refused
from chassis.failpoints import reach
from chassis.http.auth import Caller
from chassis.kafka import outbox
from chassis.kafka.outbox import Outgoing
from contracts import topics
from members.domain.input_context import InputContext
from members.domain.intake.cloudevents import CloudEvent
from members.domain.intake.effects import apply_event
from members.domain.intake.event_types import MemberJoined, PostedMemberEvent
from members.domain.intake.posted_events import (
    MAX_FAULTS,
    EventKey,
    PostedEvent,
    named_bodies,
    read_data,
    refuse_contradictions,
    unknown_bodies,
)
from members.domain.members.member import Member
from members.domain.units import UnitTree
from members.repository import intake as repository
from members.repository import locks, units
from members.repository import members as members_repository
from members.service.change_writer import Change, ChangeWriter, Occurrence
from members.settings import Settings
from sqlmodel.ext.asyncio.session import AsyncSession

Answer = Mapping[str, str]
"""source, id, type, received_at, and for an event about a member member_id."""


class Intake:
    """Takes events from other systems in."""

    def __init__(self, database: Database, writer: ChangeWriter, settings: Settings) -> None:
        self._database, self._writer, self._settings = database, writer, settings

    async def accept(self, events: Sequence[CloudEvent], caller: Caller) -> list[Answer]:
        """One answer an event, after the commit. Raises Refused with every fault, and then nothing is stored."""
        posted = read_data(events)
        context = self._writer.input_context()
        async with self._database.transaction() as session:
            await locks.lock_members(session, member_set=any(isinstance(item.data, MemberJoined) for item in posted))
            distinct = {item.key: item for item in reversed(posted)}
            new = await repository.claim(session, [item.envelope for item in distinct.values()], context.now)
            stored = await repository.stored(session, list(distinct))
            refuse_contradictions(posted, {key: event.digest for key, event in stored.items()})
            fresh = [item for item in posted if item.key in new and distinct[item.key] is item]
            answers = {key: event.answer for key, event in stored.items() if key not in new}
            answers |= await self._take_in(session, fresh, context, caller)
            reach("intake.before-commit")
        reach("intake.after-commit")
        return [answers[item.key] for item in posted]

    async def _take_in(
        self, session: AsyncSession, fresh: Sequence[PostedEvent], context: InputContext, caller: Caller
    ) -> dict[EventKey, Answer]:
        numbers = {item.data.membership_number for item in fresh if isinstance(item.data, PostedMemberEvent)}
        known = await members_repository.by_number(session, numbers)
        tree = await units.tree_of(session, named_bodies(fresh, known.values()))
        batch = _MemberBatch(known, tree, context, caller)
        faults = [fault for item in fresh for fault in batch.apply(item)] + unknown_bodies(fresh, tree)
        if faults:
            raise Refused(f"{len(faults)} fault(s)", faults=faults[:MAX_FAULTS])
        await self._writer.write(session, tree, batch.changes())
        await outbox.put(session, self._settings.service, self._union_events(fresh, context.now))
        answers = {item.key: _answer(item, context.now, batch) for item in fresh}
        await repository.store_answers(session, {key: orjson.dumps(answer).decode() for key, answer in answers.items()})
        return answers

    def _union_events(self, fresh: Sequence[PostedEvent], now: datetime) -> list[Outgoing]:
        return [
            Outgoing(
                topic=topics.UNION_EVENTS,
                key=item.subject,
                event=item.data,
                event_id=self._settings.ids.event("intake", *item.key),
                time=item.envelope.time or now,
            )
            for item in fresh
            if not isinstance(item.data, PostedMemberEvent)
        ]


class _MemberBatch:
    """What a batch makes of its members: one change a member, for any number of events."""

    def __init__(self, known: dict[str, Member], tree: UnitTree, context: InputContext, caller: Caller) -> None:
        self._before, self._after = known, dict(known)
        self._tree, self._context, self._caller = tree, context, caller
        self._occurrences: dict[str, list[Occurrence]] = {}

    def apply(self, item: PostedEvent) -> list[Fault]:
        """The faults of an event; events that are not about a member have none."""
        if not isinstance(item.data, PostedMemberEvent):
            return []
        number, envelope = item.data.membership_number, item.envelope
        try:
            self._after[number] = apply_event(self._after.get(number), item.data, self._tree, self._context)
        except Refused as refused:
            faults = refused.faults or (Fault("", refused.detail),)
            return [envelope.fault(f"data.{fault.field}".rstrip("."), fault.reason) for fault in faults]
        detail = {"event": envelope.type, "source": envelope.source, "id": envelope.id}
        self._occurrences.setdefault(number, []).append(("told", detail | {"client": self._caller.client_id}))
        return []

    def changes(self) -> list[Change]:
        return [
            Change(self._before.get(number), self._after[number], *happened[0], further=tuple(happened[1:]))
            for number, happened in self._occurrences.items()
            if self._before.get(number) != self._after[number]
        ]

    def member_id(self, event: PostedMemberEvent) -> str:
        return str(self._after[event.membership_number].member_id)


def _answer(item: PostedEvent, now: datetime, batch: _MemberBatch) -> Answer:
    answer = {
        "source": item.envelope.source,
        "id": item.envelope.id,
        "type": item.envelope.type,
        "received_at": now.isoformat(),
    }
    if isinstance(item.data, PostedMemberEvent):
        answer["member_id"] = batch.member_id(item.data)
    return answer
