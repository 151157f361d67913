"""What is asked of the members, and what came of it; never what one person chose."""

from datetime import date
from uuid import UUID

from contracts.event import Event, Value
from pydantic import AwareDatetime, Field


class BallotEvent(Event):
    """The snapshot that every ballot event carries."""

    ballot_id: UUID
    version: int = Field(ge=1)
    title: str
    kind: str = "poll"
    body: str
    """The electorate: members of this body and of those below it."""
    opens_at: AwareDatetime
    closes_at: AwareDatetime
    roll: int = Field(default=0, ge=0)


class BallotOpened(BallotEvent, type="ballot.opened.v1"):
    """Answers count from now; the roll is frozen."""


class BallotClosed(BallotEvent, type="ballot.closed.v1"):
    """Answers received later do not count."""


class BranchTurnout(Value):
    """Turnout of one branch; a figure under ten people is None."""

    branch: str | None
    roll: int | None
    took_part: int | None


class BallotCounted(BallotEvent, type="ballot.counted.v1"):
    """Totals only, after every reply up to the closing was read."""

    took_part: int
    totals: dict[str, int | None] = Field(default_factory=dict)
    turnout: tuple[BranchTurnout, ...] = ()
    counted_at: AwareDatetime


class ParticipationRecorded(Event, type="participation.recorded.v1"):
    """Someone took part, or asked not to be chased; never what they chose.

    The last word of a key counts: an effect that does not end the asking takes an earlier one back.
    """

    ballot_id: UUID
    member_id: UUID
    effect: str
    on: date
