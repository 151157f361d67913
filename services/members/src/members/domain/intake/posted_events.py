"""CloudEvents with their data read by type: about a member, or about the union (meeting, dispute, ballot)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

from chassis.errors import Fault, Refused
from contracts.events.union_events import BallotDeclared, DisputeDeclared, MeetingScheduled
from contracts.plain_text import composed
from members.domain.intake.cloudevents import CloudEvent
from members.domain.intake.event_types import MEMBER_EVENTS, PostedMemberEvent
from members.domain.members.member import Member
from members.domain.units import UnitTree
from pydantic import BaseModel, Field, ValidationError

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
        return self.envelope.source, self.envelope.id


class AcceptedEvent(BaseModel):
    """An event that was accepted."""

    source: str = Field(description="`source` of the event", examples=["membership-system"])
    id: str = Field(description="`id` of the event", examples=["2026-000123"])
    type: str = Field(description="`type` of the event", examples=["member.joined.v1"])
    received_at: str = Field(
        description="When it was first accepted",
        examples=["2026-01-05T10:00:00+00:00"],
        json_schema_extra={"format": "date-time"},
    )
    member_id: UUID | None = Field(
        default=None,
        description="Id of the member; missing for an event that is not about a member",
        examples=["5f8f2f52-7a86-4a26-9a4c-6a6f5b0c8f5d"],
    )


def kafka_key(envelope: CloudEvent, event: UnionEvent) -> str:
    """The poster's subject, else the id of the meeting, dispute or ballot."""
    match event:
        case MeetingScheduled(meeting_id=about) | DisputeDeclared(dispute_id=about) | BallotDeclared(ballot_id=about):
            return envelope.subject or about


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
            read.append(PostedEvent(event, kind.model_validate(composed(event.data), extra="forbid")))
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
