"""What one member was planned for and sent, and why."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from segmenter.domain.deliveries import Delivery
from segmenter.domain.segments.explanation import Explanation, explain
from segmenter.domain.segments.rules import Rule
from segmenter.domain.segments.sensitivity import NOT_FOR_CALLER

_ANOTHER_BRANCH = "the campaign belongs to another body than the token's branch"


class UsedConsent(BaseModel):
    """A consent that a campaign relied on."""

    channel: str = Field(description="The channel.", examples=["sms"])
    purpose: str = Field(description="What was consented to.", examples=["campaign"])
    consent_id: UUID = Field(
        description="Id of the consent in the member's record.", examples=["c1a5f0de-2f7b-4c0e-9a53-1c6f3b8e4d90"]
    )
    at: datetime = Field(description="RFC 3339 time it was given.", examples=["2026-01-15T09:30:00Z"])


class HistoryEntry(BaseModel):
    """A campaign that a member was in the frozen audience of. `matched`: results of the rule's conditions."""

    model_config = ConfigDict(frozen=True, from_attributes=True)
    campaign_id: UUID
    name: str | None
    body: str | None
    purpose: str
    state: str
    sensitive: bool
    test: bool
    launched_on: date | None
    at: datetime
    skip_reason: str | None
    consents: list[UsedConsent]
    campaign_rule: Rule
    matched: list[bool]
    deliveries: list[Delivery] = []
    withheld: str | None = None

    @property
    def audience_at(self) -> datetime:
        """When the audience was frozen."""
        return self.at

    @property
    def rule(self) -> Explanation | None:
        """Why the member was in it; None once that is erased, or where it is withheld."""
        return explain(self.campaign_rule, self.matched) if self.matched and not self.withheld else None

    def with_deliveries(self, deliveries: Sequence[Delivery]) -> Self:
        """The entry with those of these deliveries that are the campaign's."""
        mine = [delivery for delivery in deliveries if delivery.campaign_id == self.campaign_id]
        return self.model_copy(update={"deliveries": mine})

    def shown_to(self, branch: str | None, *, may_see_sensitive: bool) -> Self:
        """The entry as a caller may see it.

        That something was sent may be known, not what it was about: name and rule say who the member is, and what
        another branch does is its own. The union's own campaigns are everybody's.
        """
        if branch and self.body not in (None, branch):
            return self.model_copy(update={"name": None, "withheld": _ANOTHER_BRANCH})
        if self.sensitive and not may_see_sensitive:
            return self.model_copy(update={"name": None, "withheld": NOT_FOR_CALLER})
        return self
