"""What other union systems tell us that is not about a member's record."""

from contracts.event import Event
from pydantic import AwareDatetime, Field


class MeetingScheduled(Event, type="meeting.scheduled.v1"):
    """A meeting of a body."""

    meeting_id: str = Field(min_length=1, max_length=100)
    body: str = Field(min_length=1, max_length=100)
    title: str = Field(min_length=1, max_length=200)
    starts_at: AwareDatetime
    place: str = Field(default="", max_length=200)


class DisputeDeclared(Event, type="dispute.declared.v1"):
    """A trade dispute with an employer."""

    dispute_id: str = Field(min_length=1, max_length=100)
    body: str = Field(min_length=1, max_length=100)
    employer: str = Field(default="", max_length=200)
    title: str = Field(min_length=1, max_length=200)
    declared_at: AwareDatetime


class BallotDeclared(Event, type="ballot.declared.v1"):
    """The scrutineer's totals of a statutory ballot; never who voted how."""

    ballot_id: str = Field(min_length=1, max_length=100)
    body: str = Field(min_length=1, max_length=100)
    papers_sent: int = Field(ge=0)
    papers_returned: int = Field(ge=0)
    totals: dict[str, int] = Field(default_factory=dict)
    declared_at: AwareDatetime


UnionEvent = MeetingScheduled | DisputeDeclared | BallotDeclared
