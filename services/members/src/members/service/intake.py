"""Events from other systems: accepted after the commit; a repeat gets the stored answer; a batch is all or nothing."""

from collections.abc import Sequence
from datetime import datetime

from chassis.db.database import Database
from chassis.errors import Fault, Refused
from chassis.failpoints import reach
from chassis.http.auth import Caller
from chassis.kafka import outbox
from chassis.kafka.outbox import Outgoing
from contracts import topics
from members.domain.input_context import InputContext
from members.domain.intake import posted_events as domain
from members.domain.intake.cloudevents import CloudEvent
from members.domain.intake.effects import apply_event
from members.domain.intake.event_types import MemberJoined, PostedMemberEvent
from members.domain.intake.posted_events import AcceptedEvent, EventKey, PostedEvent
from members.domain.members.member import Member
from members.domain.units import UnitTree
from members.repository import intake as repository
from members.repository import locks, units
from members.repository import members as members_repository
from members.service.change_writer import Change, ChangeWriter, Occurrence
from members.settings import Settings
from sqlmodel.ext.asyncio.session import AsyncSession


class Intake:
    """Accepts events from other systems."""

    def __init__(self, database: Database, writer: ChangeWriter, settings: Settings) -> None:
        self._database, self._writer, self._settings = database, writer, settings

    async def accept(self, events: Sequence[CloudEvent], caller: Caller) -> list[AcceptedEvent]:
        """One answer an event, after the commit. Raises Refused with every fault, and then nothing is stored."""
        posted = domain.read_data(events)
        context = self._writer.input_context()
        async with self._database.transaction() as session:
            await locks.lock_members(session, member_set=any(isinstance(item.data, MemberJoined) for item in posted))
            distinct = {item.key: item for item in reversed(posted)}
            new = await repository.claim(session, [item.envelope for item in distinct.values()], context.now)
            digests, answers = await repository.stored(session, list(distinct))
            domain.refuse_contradictions(posted, digests)
            fresh = [item for item in posted if item.key in new and distinct[item.key] is item]
            answers |= await self._take_in(session, fresh, context, caller)
            reach("intake.before-commit")
        reach("intake.after-commit")
        return [answers[item.key] for item in posted]

    async def _take_in(
        self, session: AsyncSession, fresh: Sequence[PostedEvent], context: InputContext, caller: Caller
    ) -> dict[EventKey, AcceptedEvent]:
        numbers = {item.data.membership_number for item in fresh if isinstance(item.data, PostedMemberEvent)}
        known = await members_repository.by_number(session, numbers)
        tree = await units.tree_of(session, domain.named_bodies(fresh, known.values()))
        batch = _MemberBatch(known, tree, context, caller)
        faults = [fault for item in fresh for fault in batch.apply(item)] + domain.unknown_bodies(fresh, tree)
        if faults:
            raise Refused(f"{len(faults)} fault(s)", faults=faults[: domain.MAX_FAULTS])
        await self._writer.write(session, tree, batch.changes())
        await outbox.put(session, self._settings.service, self._union_events(fresh, context.now))
        answers = {item.key: batch.answer(item) for item in fresh}
        await repository.store_answers(session, answers)
        return answers

    def _union_events(self, fresh: Sequence[PostedEvent], now: datetime) -> list[Outgoing]:
        return [
            Outgoing(
                topic=topics.UNION_EVENTS,
                key=domain.kafka_key(item.envelope, item.data),
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
            Change(self._before.get(number), self._after[number], happened)
            for number, happened in self._occurrences.items()
            if self._before.get(number) != self._after[number]
        ]

    def answer(self, item: PostedEvent) -> AcceptedEvent:
        about = item.data.membership_number if isinstance(item.data, PostedMemberEvent) else None
        return AcceptedEvent(
            source=item.envelope.source,
            id=item.envelope.id,
            type=item.envelope.type,
            received_at=self._context.now.isoformat(),
            member_id=self._after[about].member_id if about is not None else None,
        )
