"""What has to be known to decide for each member whether and where they are written to."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from contracts.vocabulary import Channel

from segmenter.domain.campaign import Definition
from segmenter.domain.rules import Rule
from segmenter.domain.summary import merge_fields


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

    @classmethod
    def of(cls, definition: Definition, rule: Rule, today: date) -> "Plan":
        """The plan of a campaign to those whom `rule` selects."""
        return cls(
            rule=rule,
            order=definition.channels.order,
            at_once=definition.channels.rule == "all",
            purpose=definition.purpose,
            poll_id=definition.poll_id,
            today=today,
            merge=merge_fields(definition),
        )
