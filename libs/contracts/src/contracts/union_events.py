"""What other union systems tell us that is not about a member's record.

The only events whose values come from the outside as they are: each has a kind that every reader can hold.
"""

from contracts.event import Event
from contracts.field_types import Count, FilledLine, Line, Moment, Name
from pydantic import Field


class MeetingScheduled(Event, type="meeting.scheduled.v1"):
    """A meeting of a body."""

    meeting_id: Name
    body: Name
    title: FilledLine
    starts_at: Moment
    place: Line = ""


class DisputeDeclared(Event, type="dispute.declared.v1"):
    """A trade dispute with an employer."""

    dispute_id: Name
    body: Name
    employer: Line = ""
    title: FilledLine
    declared_at: Moment


class BallotDeclared(Event, type="ballot.declared.v1"):
    """The scrutineer's totals of a statutory ballot; never who voted how."""

    ballot_id: Name
    body: Name
    papers_sent: Count
    papers_returned: Count
    totals: dict[Name, Count] = Field(default_factory=dict, max_length=100)
    declared_at: Moment
