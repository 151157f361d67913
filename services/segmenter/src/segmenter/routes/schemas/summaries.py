"""Bodies of a campaign's summary."""

from typing import Annotated, Self

from pydantic import Field, StringConstraints
from segmenter.domain.campaigns.summary import CampaignFault, EmailFigures, MissingValue, SmsFigures
from segmenter.domain.campaigns.summary import Summary as KeptSummary
from segmenter.domain.disclosure.small_counts import WithheldFigures, few
from segmenter.domain.disclosure.summary import withheld_from_summary
from segmenter.domain.fields import CampaignId, RequestModel, ResponseModel, Time, Version
from segmenter.domain.segments.rules import Rule

_HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


class Confirmation(RequestModel):
    """The summary that was read, and is confirmed."""

    summary: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] = Field(examples=[_HASH])
    """The summary's `hash`."""


class Summary(ResponseModel):
    """What a launch of this version of the campaign would do."""

    campaign_id: CampaignId
    version: Version
    hash: str = Field(description="What approve and launch confirm: 64 hex digits over the rest.", examples=[_HASH])
    computed_at: Time
    matched: int | None = Field(description="Members whom the rule selects. Null where withheld.", examples=[1300])
    recipients: int | None = Field(description="Members who would be written to. Null where withheld.", examples=[1234])
    audience_by_channel: dict[str, int] | None = Field(examples=[{"sms": 1200, "email": 34}])
    """Recipients by channel; one may count on several. Null where withheld."""
    skipped: dict[str, int] | None = Field(examples=[{"no_consent": 66}])
    """Members who are left out, by reason. Null where withheld."""
    sms: SmsFigures | None = Field(description="The text messages. Null where withheld.")
    email: EmailFigures | None = Field(description="The e-mails. Null where withheld.")
    sending_seconds: float | None = Field(examples=[60.0])
    """Seconds it takes at the rate of the slower channel. Null where withheld."""
    missing: list[MissingValue] | None
    """Merge fields that are not known of some recipients. Null where withheld."""
    not_renderable: int | None = Field(examples=[0])
    """Messages that lack a value and have no fallback; they are not sent. Null where withheld."""
    estimated_fields: list[str] = Field(examples=[[]])
    """Merge fields whose values are not known here and were counted with a stand-in."""
    rule: Rule = Field(examples=[{"kind": "body", "bodies": ["leeds"]}])
    """The segment's rule that was counted."""
    sensitive: bool = Field(examples=[False])
    """Whether the rule asks for a special-category interest, itself or by what it builds on."""
    needs_second_person: bool = Field(examples=[False])
    """Whether somebody who wrote no version of the campaign must approve it."""
    faults: list[CampaignFault] = Field(description="What keeps it from being approved.", examples=[[]])
    withheld: WithheldFigures

    @classmethod
    def of(cls, summary: KeptSummary) -> Self:
        """The summary as it may be shown; its hash is over the kept one."""
        names = withheld_from_summary(summary)
        return cls.model_validate({**dict(summary), **dict.fromkeys(names), "withheld": few(names)})
