"""What has to be known to decide for each member whether and where they are written to."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from contracts.enums import Channel, Purpose
from segmenter.domain.campaign import Definition
from segmenter.domain.rules import Rule
from segmenter.domain.summary import merge_fields


@dataclass(frozen=True, slots=True)
class Fatigue:
    """The cap on what one member gets, over all channels and campaigns: fewer than `most` since a moment."""

    most: int
    since: datetime

    @classmethod
    def of(cls, definition: Definition, now: datetime, *, most: int, days: float) -> "Fatigue | None":
        """The cap on a campaign; what is urgent or an emergency passes it, and `most` 0 switches it off."""
        if not most or definition.urgent or definition.purpose is Purpose.EMERGENCY:
            return None
        return cls(most, now - timedelta(days=days))


@dataclass(frozen=True, slots=True)
class Plan:
    """One campaign's question to the projection, on one day."""

    rule: Rule
    order: tuple[Channel, ...]
    at_once: bool
    """All channels at once; else the first, and the next when it fails."""
    purpose: str
    poll_id: UUID | None
    today: date
    merge: tuple[str, ...]
    body: str | None = None
    """Whose campaign it is: a member of several branches is addressed as a member of this one."""
    fatigue: Fatigue | None = None

    @classmethod
    def of(cls, definition: Definition, rule: Rule, today: date, fatigue: Fatigue | None = None) -> "Plan":
        """The plan of a campaign to those whom `rule` selects."""
        return cls(
            rule=rule,
            order=definition.channels.order,
            at_once=definition.channels.rule == "all",
            purpose=definition.purpose,
            poll_id=definition.poll_id,
            today=today,
            merge=merge_fields(definition),
            body=definition.body,
            fatigue=fatigue,
        )
