"""Bodies of a campaign's summary."""

from typing import Annotated, Self

from pydantic import BaseModel, Field, StringConstraints
from segmenter.domain.campaigns.summary import CampaignFault, EmailFigures, MissingValue, SmsFigures
from segmenter.domain.campaigns.summary import Summary as KeptSummary
from segmenter.domain.disclosure.summary import withheld_from_summary
from segmenter.domain.segments.rules import Rule
from segmenter.domain.text import RequestModel
from segmenter.routes.schemas.fields import CampaignId, Time, Version
from segmenter.routes.schemas.withheld import WithheldFigure, few

_HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
_NULL = "Null where withheld."


class Confirmation(RequestModel):
    """The summary that was read, and is confirmed."""

    summary: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] = Field(
        description="The summary's `hash`.", examples=[_HASH]
    )


class Summary(BaseModel):
    """What a launch of this version of the campaign would do."""

    campaign_id: CampaignId
    version: Version
    hash: str = Field(description="What approve and launch confirm: 64 hex digits over the rest.", examples=[_HASH])
    computed_at: Time
    matched: int | None = Field(description=f"Members whom the rule selects. {_NULL}", examples=[1300])
    recipients: int | None = Field(description=f"Members who would be written to. {_NULL}", examples=[1234])
    audience_by_channel: dict[str, int] | None = Field(
        description=f"Recipients by channel; one may count on several. {_NULL}", examples=[{"sms": 1200, "email": 34}]
    )
    skipped: dict[str, int] | None = Field(
        description=f"Members who are left out, by reason. {_NULL}", examples=[{"no_consent": 66}]
    )
    sms: SmsFigures | None = Field(description=f"The text messages. {_NULL}")
    email: EmailFigures | None = Field(description=f"The e-mails. {_NULL}")
    sending_seconds: float | None = Field(
        description=f"Seconds it takes at the rate of the slower channel. {_NULL}", examples=[60.0]
    )
    missing: list[MissingValue] | None = Field(
        description=f"Merge fields that are not known of some recipients. {_NULL}"
    )
    not_renderable: int | None = Field(
        description=f"Messages that lack a value and have no fallback; they are not sent. {_NULL}", examples=[0]
    )
    estimated_fields: list[str] = Field(
        description="Merge fields whose values are not known here and were counted with a stand-in.", examples=[[]]
    )
    rule: Rule = Field(
        description="The segment's rule that was counted.", examples=[{"kind": "body", "bodies": ["leeds"]}]
    )
    sensitive: bool = Field(
        description="Whether the rule asks for a special-category interest, itself or by what it builds on.",
        examples=[False],
    )
    needs_second_person: bool = Field(
        description="Whether somebody who wrote no version of the campaign must approve it.", examples=[False]
    )
    faults: list[CampaignFault] = Field(description="What keeps it from being approved.", examples=[[]])
    withheld: list[WithheldFigure] = Field(description="Figures that are not shown, and why.", examples=[[]])

    @classmethod
    def of(cls, summary: KeptSummary) -> Self:
        """The summary as it may be shown; its hash is over the kept one."""
        names = withheld_from_summary(summary)
        return cls.model_validate({**dict(summary), **dict.fromkeys(names), "withheld": few(names)})
