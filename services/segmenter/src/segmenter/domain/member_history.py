"""What one member was planned for and sent, and why."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal, Self
from uuid import UUID

from pydantic import Field
from segmenter.domain.fields import CampaignId, ResponseModel, Time
from segmenter.domain.segments.explanation import Explanation
from segmenter.domain.segments.sensitivity import NOT_FOR_CALLER

_ANOTHER_BRANCH = "the campaign belongs to another body than the token's branch"


class UsedConsent(ResponseModel):
    """A consent that a campaign relied on."""

    channel: str = Field(description="The channel.", examples=["sms"])
    purpose: str = Field(description="What was consented to.", examples=["campaign"])
    consent_id: UUID = Field(examples=["c1a5f0de-2f7b-4c0e-9a53-1c6f3b8e4d90"])
    """Id of the consent in the member's record."""
    at: datetime = Field(description="RFC 3339 time it was given.", examples=["2026-01-15T09:30:00Z"])


class HistoryDelivery(ResponseModel):
    """A delivery that was asked for."""

    delivery_id: UUID = Field(description="Id of the delivery.", examples=["a3c5d7e9-1b2c-5d4e-8f6a-7b8c9d0e1f2a"])
    step: int = Field(description="1 for the first message; one more for each next channel.", examples=[1])
    channel: str = Field(description="The channel.", examples=["sms"])
    status: str = Field(description="The last status that the dispatcher published.", examples=["delivered"])
    reason: str = Field(description="Why it was skipped or failed; else empty.", examples=[""])
    rev: int = Field(description="Rises with every change of status; 0 before the first.", examples=[3])
    at: Time


class HistoryEntry(ResponseModel):
    """A campaign that the member was in the frozen audience of."""

    what: Literal["planned"] = Field(default="planned", description="Always planned.", examples=["planned"])
    at: Time
    audience_at: datetime = Field(description="When the audience was frozen.", examples=["2026-05-01T09:00:00Z"])
    campaign_id: CampaignId
    name: str | None = Field(description="The campaign's name; null where withheld.", examples=["Strike ballot"])
    purpose: str = Field(description="What it was for.", examples=["campaign"])
    state: str = Field(description="The campaign's state now.", examples=["completed"])
    launched_on: date | None = Field(description="Day of the launch in UTC.", examples=["2026-05-01"])
    test: bool = Field(description="Whether it was a test send.", examples=[False])
    rule: Explanation | None
    """Why the member was in it, as it was then; null once erased, or where withheld."""
    skip_reason: str | None = Field(description="Why the member was left out; null if not.", examples=[None])
    consents: list[UsedConsent] = Field(description="The consents relied on.")
    deliveries: Sequence[HistoryDelivery] = Field(description="What was asked for.")
    withheld: str | None = Field(description="Why name and rule are not shown; null if they are.", examples=[None])
    body: str | None = Field(exclude=True)
    sensitive: bool = Field(exclude=True)

    def shown_to(self, branch: str | None, *, may_see_sensitive: bool) -> Self:
        """The entry as a caller may see it.

        That something was sent may be known, not what it was about: name and rule say who the member is, and what
        another branch does is its own. The union's own campaigns are everybody's.
        """
        if branch and self.body not in (None, branch):
            return self._without_content(_ANOTHER_BRANCH)
        return self if may_see_sensitive or not self.sensitive else self._without_content(NOT_FOR_CALLER)

    def _without_content(self, why: str) -> Self:
        return self.model_copy(update={"name": None, "rule": None, "withheld": why})
