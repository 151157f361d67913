"""CloudEvents with their data read by type: about a member, or about the union (meeting, dispute, ballot)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from chassis.errors import Fault, Refused
from contracts.events.union_events import BallotDeclared, DisputeDeclared, MeetingScheduled
from members.domain.intake.cloudevents import CloudEvent
from members.domain.intake.event_types import MEMBER_EVENTS, PostedMemberEvent
from members.domain.members.member import Member
from members.domain.units import UnitTree
from pydantic import ValidationError

UnionEvent: TypeAlias = MeetingScheduled | DisputeDeclared | BallotDeclared
UNION_EVENTS: Mapping[str, type[UnionEvent]] = {
    kind.type_name: kind for kind in (MeetingScheduled, DisputeDeclared, BallotDeclared)
}
ACCEPTED_TYPES = (*UNION_EVENTS, *MEMBER_EVENTS)
EventKey = tuple[str, str]
"""Source and id: the same key is the same event."""
MAX_FAULTS = 100


@dataclass(frozen=True, slots=True)
class PostedEvent:
    """A CloudEvent with its data."""

    envelope: CloudEvent
    data: PostedMemberEvent | UnionEvent

    @property
    def key(self) -> EventKey:
        """Source and id."""
        return self.envelope.source, self.envelope.id

    @property
    def subject(self) -> str:
        """The Kafka key of a union event: the poster's subject, else the id of the meeting, dispute or ballot."""
        match self.data:
            case MeetingScheduled():
                about = self.data.meeting_id
            case DisputeDeclared():
                about = self.data.dispute_id
            case BallotDeclared():
                about = self.data.ballot_id
            case _:
                about = self.envelope.id
        return self.envelope.subject or about


def read_data(events: Iterable[CloudEvent]) -> list[PostedEvent]:
    """Raises Refused with every fault: an unknown type, or data that is not of its type."""
    read: list[PostedEvent] = []
    faults: list[Fault] = []
    for event in events:
        kind = UNION_EVENTS.get(event.type) or MEMBER_EVENTS.get(event.type)
        if kind is None:
            faults.append(event.fault("type", f"is none of {', '.join(ACCEPTED_TYPES)}"))
            continue
        try:
            read.append(PostedEvent(event, kind.model_validate(event.data, extra="forbid")))
        except ValidationError as error:
            for item in error.errors(include_input=False, include_url=False):
                where = ".".join(map(str, ("data", *item["loc"])))[:200]
                faults.append(event.fault(where, "unknown field" if item["type"] == "extra_forbidden" else item["msg"]))
    if faults:
        raise Refused(f"{len(faults)} fault(s) in the data", faults=faults[:MAX_FAULTS])
    return read


def refuse_contradictions(events: Sequence[PostedEvent], digests: Mapping[EventKey, bytes]) -> None:
    """Raises Refused for a key that was used with other content."""
    faults = [
        event.envelope.fault("id", "was used by this source for another event")
        for event in events
        if digests[event.key] != event.envelope.digest
    ]
    if faults:
        raise Refused(f"{len(faults)} event(s) contradict what was accepted before", faults=faults[:MAX_FAULTS])


def unknown_bodies(events: Iterable[PostedEvent], tree: UnitTree) -> list[Fault]:
    """A fault for each union event about a body that does not exist."""
    return [
        event.envelope.fault("data.body", "is not the id of a body")
        for event in events
        if not isinstance(event.data, PostedMemberEvent) and event.data.body not in tree
    ]


def named_bodies(events: Iterable[PostedEvent], members: Iterable[Member]) -> set[str]:
    """Ids of every body that the events name, or that the members belong to."""
    named = {getattr(event.data, field, None) for event in events for field in ("body", "branch", "workplace")}
    named |= {body for member in members for body in member.bodies}
    return {body for body in named if isinstance(body, str)}
