"""Events of polls and of taking part; none of them says what one person chose."""

from datetime import date
from uuid import UUID

from contracts.event import Event, EventPart
from pydantic import AwareDatetime, Field


class BallotEvent(Event):
    """The snapshot of a poll that every ballot event carries."""

    ballot_id: UUID
    """Id of the poll."""
    version: int = Field(ge=1)
    """Rises with every event of this poll; a higher one replaces a lower one."""
    title: str
    """Title of the poll."""
    kind: str = "poll"
    """poll, or followed_ballot: a canvass beside a statutory ballot."""
    body: str
    """Id of the union body; the electorate are its members and those of the bodies below it."""
    opens_at: AwareDatetime
    """When the poll opened."""
    closes_at: AwareDatetime
    """Answers received from then on do not count."""
    roll: int = Field(default=0, ge=0)
    """Members on the roll, which is frozen at the opening."""


class BallotOpened(BallotEvent, type="ballot.opened.v1"):
    """Answers count from now; the roll is frozen."""


class BallotClosed(BallotEvent, type="ballot.closed.v1"):
    """Answers received later do not count."""


class BranchTurnout(EventPart):
    """Turnout of one branch; a figure about fewer than ten people is null."""

    branch: str | None
    """Id of the branch; null for members without one."""
    roll: int | None
    """Members on the roll."""
    took_part: int | None
    """Members who took part."""


class BallotCounted(BallotEvent, type="ballot.counted.v1"):
    """The totals, published after every reply received before the closing was read; again if they change."""

    took_part: int
    """Members who took part; in a canvass, those who say that they have voted."""
    totals: dict[str, int | None] = Field(default_factory=dict)
    """Counted answers by option key; all are null when fewer than ten members answered."""
    turnout: tuple[BranchTurnout, ...] = ()
    """Turnout by branch."""
    counted_at: AwareDatetime
    """When the answers were counted."""


class ParticipationRecorded(Event, type="participation.recorded.v1"):
    """A member took part, or asked not to be asked again; never which option they chose.

    The last event of a key counts: an effect that does not end the asking withdraws an earlier one.
    """

    ballot_id: UUID
    """Id of the poll."""
    member_id: UUID
    """Id of the member."""
    effect: str
    """voted and do_not_ask end further messages that ask for this poll; keep_chasing and none do not."""
    on: date
    """Day of the change, in UTC."""
