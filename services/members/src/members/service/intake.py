"""Events from other systems: 202 only after the commit; a repeat gets the stored answer; a batch is all or nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from chassis.db.database import Database
from chassis.errors import Fault, Refused
from chassis.failpoints import reach
from chassis.http.auth import Caller
from chassis.kafka import outbox
from chassis.kafka.outbox import Outgoing
from contracts import topics
from contracts.event import Event
from contracts.union_events import BallotDeclared, DisputeDeclared, MeetingScheduled
from members.domain.bodies import Tree
from members.domain.cells import Terms
from members.domain.envelopes import Incoming
from members.domain.facts import MemberFact
from members.domain.members import Member
from members.domain.telling import told
from members.repository import bodies, bulk
from members.repository import intake as repository
from members.repository import members as members_repository
from members.service.recording import Change, Recorder
from members.settings import Settings
from pydantic import ValidationError
from sqlmodel.ext.asyncio.session import AsyncSession

_UNION: dict[str, type[Event]] = {kind.type_name: kind for kind in (MeetingScheduled, DisputeDeclared, BallotDeclared)}
ACCEPTED_TYPES = (*_UNION, *MemberFact.known)
Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """An incoming event with its data read."""

    incoming: Incoming
    fact: MemberFact | Event

    @property
    def key(self) -> repository.Key:
        """What makes it the same event."""
        return self.incoming.source, self.incoming.id


class Intake:
    """The front door for other systems."""

    def __init__(self, database: Database, recorder: Recorder, settings: Settings) -> None:
        self._database, self._recorder, self._settings = database, recorder, settings

    async def accept(self, events: Sequence[Incoming], caller: Caller) -> list[Answer]:
        """One answer an event, after the commit. Raises Refused with every fault, and then nothing was done."""
        read = _read(events)
        terms = self._recorder.terms()
        async with self._database.transaction() as session:
            await bulk.lock(session, bulk.TREE, shared=True)
            if any(item.incoming.type == "member.joined.v1" for item in read):
                await bulk.lock(session, bulk.ROLL)
            distinct = {item.key: item for item in reversed(read)}
            new = await repository.claim(session, [item.incoming for item in distinct.values()], terms.now)
            stored = await repository.known(session, list(distinct))
            _check_same(read, {key: digest for key, (digest, _) in stored.items()})
            fresh = [item for item in read if item.key in new and distinct[item.key] is item]
            answers = {key: answer for key, (_, answer) in stored.items() if key not in new}
            answers |= await self._act(session, fresh, terms, caller)
            reach("intake.before-commit")
        reach("intake.after-commit")
        return [answers[item.key] for item in read]

    async def _act(
        self, session: AsyncSession, fresh: Sequence[Told], terms: Terms, caller: Caller
    ) -> dict[repository.Key, Answer]:
        facts = [(item, item.fact) for item in fresh if isinstance(item.fact, MemberFact)]
        said = [(item, item.fact) for item in fresh if isinstance(item.fact, Event)]
        known = await members_repository.by_number(session, {fact.membership_number for _, fact in facts})
        tree = await bodies.tree_of(session, _named([fact for _, fact in facts], said, known))
        story = _Story(known)
        faults = [fault for item, fact in facts for fault in story.tell(item, fact, tree, terms, caller)]
        faults += [
            item.incoming.fault("data.body", "is not the id of a body") for item, event in said if _lost(event, tree)
        ]
        if faults:
            raise Refused(f"{len(faults)} fault(s)", faults=faults[:100])
        await self._recorder.record(session, tree, story.changes())
        await outbox.put(
            session, self._settings.service, [self._outgoing(item, event, terms.now) for item, event in said]
        )
        answers = {item.key: _answer(item, terms.now, story) for item in fresh}
        await repository.answer(session, {key: orjson.dumps(answer).decode() for key, answer in answers.items()})
        return answers

    def _outgoing(self, item: Told, event: Event, now: datetime) -> Outgoing:
        event_id = self._settings.ids.event("intake", item.incoming.source, item.incoming.id)
        return Outgoing(topics.UNION_EVENTS, _subject(item.incoming, event), event, event_id, item.incoming.time or now)


class _Story:
    """What a batch makes of its members: one change a member, however many facts."""

    def __init__(self, known: dict[str, Member]) -> None:
        self._before, self._now = known, dict(known)
        self._happened: dict[str, list[tuple[str, dict[str, Any]]]] = {}

    def tell(self, item: Told, fact: MemberFact, tree: Tree, terms: Terms, caller: Caller) -> list[Fault]:
        number = fact.membership_number
        try:
            self._now[number] = told(self._now.get(number), fact, tree, terms)
        except Refused as refused:
            faults = refused.faults or (Fault("", refused.detail),)
            return [item.incoming.fault(f"data.{fault.field}".rstrip("."), fault.reason) for fault in faults]
        detail = {"event": item.incoming.type, "source": item.incoming.source, "id": item.incoming.id}
        self._happened.setdefault(number, []).append(("told", detail | {"client": caller.client_id}))
        return []

    def changes(self) -> list[Change]:
        return [
            Change(self._before.get(number), self._now[number], *happened[0], also=tuple(happened[1:]))
            for number, happened in self._happened.items()
            if self._before.get(number) != self._now[number]
        ]

    def member(self, number: str) -> Member:
        return self._now[number]


def _read(events: Sequence[Incoming]) -> list[Told]:
    read: list[Told] = []
    faults: list[Fault] = []
    for event in events:
        kind = _UNION.get(event.type) or MemberFact.known.get(event.type)
        if kind is None:
            faults.append(event.fault("type", f"is none of {', '.join(ACCEPTED_TYPES)}"))
            continue
        try:
            read.append(Told(event, kind.model_validate(event.data, extra="forbid")))
        except ValidationError as error:
            faults += [event.fault(*_located(item)) for item in error.errors(include_input=False, include_url=False)]
    if faults:
        raise Refused(f"{len(faults)} fault(s) in the data", faults=faults[:100])
    return read


def _located(item: Any) -> tuple[str, str]:
    where = ".".join(map(str, ("data", *item["loc"])))[:200]
    return where, "unknown field" if item["type"] == "extra_forbidden" else item["msg"]


def _check_same(read: Sequence[Told], digests: dict[repository.Key, bytes]) -> None:
    faults = [
        item.incoming.fault("id", "was used by this source for another event")
        for item in read
        if digests[item.key] != item.incoming.digest
    ]
    if faults:
        raise Refused(f"{len(faults)} event(s) contradict what was accepted before", faults=faults[:100])


def _named(facts: Sequence[MemberFact], said: Sequence[tuple[Told, Event]], known: dict[str, Member]) -> set[str]:
    """Every body that the events or the members they are about name."""
    named = {getattr(fact, name, None) for fact in facts for name in ("body", "branch", "workplace")}
    named |= {getattr(event, "body", None) for _, event in said}
    named |= {body for member in known.values() for body in member.bodies}
    return {body for body in named if isinstance(body, str)}


def _lost(event: Event, tree: Tree) -> bool:
    return getattr(event, "body", None) not in tree


def _subject(incoming: Incoming, event: Event) -> str:
    """The Kafka key: the poster's subject, else the id of what the event is about."""
    match event:
        case MeetingScheduled():
            about = event.meeting_id
        case DisputeDeclared():
            about = event.dispute_id
        case BallotDeclared():
            about = event.ballot_id
        case _:
            about = incoming.id
    return incoming.subject or about


def _answer(item: Told, now: datetime, story: _Story) -> Answer:
    answer = {
        "source": item.incoming.source,
        "id": item.incoming.id,
        "type": item.incoming.type,
        "received_at": now.isoformat(),
    }
    if isinstance(item.fact, MemberFact):
        answer["member_id"] = str(story.member(item.fact.membership_number).member_id)
    return answer
