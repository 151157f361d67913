"""Events from other union systems that are not about one member's record.

Their values are passed on as given, so every field has a type that each consumer and its database can store.
"""

from contracts.event import Event
from contracts.field_types import Count, FilledLine, Line, Moment, Name
from pydantic import Field


class MeetingScheduled(Event, type="meeting.scheduled.v1"):
    """A union body meets."""

    meeting_id: Name
    """Id of the meeting in the system that published it."""
    body: Name
    """Id of the union body."""
    title: FilledLine
    """Title of the meeting."""
    starts_at: Moment
    """When it begins."""
    place: Line = ""
    """Where it is held."""


class DisputeDeclared(Event, type="dispute.declared.v1"):
    """A trade dispute with an employer was declared."""

    dispute_id: Name
    """Id of the dispute in the system that published it."""
    body: Name
    """Id of the union body."""
    employer: Line = ""
    """The employer."""
    title: FilledLine
    """What the dispute is about."""
    declared_at: Moment
    """When it was declared."""


class BallotDeclared(Event, type="ballot.declared.v1"):
    """The scrutineer's totals of a statutory ballot; never who voted how."""

    ballot_id: Name
    """Id of the ballot in the system that published it."""
    body: Name
    """Id of the union body that was balloted."""
    papers_sent: Count
    """Ballot papers sent out."""
    papers_returned: Count
    """Ballot papers returned."""
    totals: dict[Name, Count] = Field(default_factory=dict, max_length=100)
    """Votes by answer."""
    declared_at: Moment
    """When the totals were declared."""
