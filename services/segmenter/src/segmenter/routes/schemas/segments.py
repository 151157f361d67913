"""Bodies of segments."""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field
from segmenter.domain.disclosure.preview import NO_SAMPLE, shown_channels
from segmenter.domain.disclosure.small_counts import shown_count
from segmenter.domain.segments.explanation import Explanation
from segmenter.domain.segments.rules import GivenRule, Rule
from segmenter.domain.text import RequestModel, ShortText
from segmenter.routes.schemas.fields import Actor, Cursor, MemberId, OwningBody, SegmentId, Time, Version
from segmenter.routes.schemas.withheld import WithheldFigure, few
from segmenter.service.segments import RulePreview

_RULE = "The members who belong to it."
_EXAMPLE = {"kind": "body", "bodies": ["leeds"]}
_NAME = "For organisers."


class SegmentChange(RequestModel):
    """What may be changed of a segment."""

    name: ShortText = Field(description=_NAME, examples=["Leeds, Welsh speakers"])
    rule: GivenRule = Field(description=_RULE, examples=[_EXAMPLE])


class NewSegment(SegmentChange):
    """A segment to be stored."""

    body: OwningBody = Field(default=None, examples=["leeds"])


class RuleQuestion(RequestModel):
    """A rule that is not stored, to be previewed."""

    rule: GivenRule = Field(description=_RULE, examples=[_EXAMPLE])
    body: OwningBody = Field(default=None, examples=["leeds"])


class Segment(BaseModel):
    """A stored segment."""

    model_config = ConfigDict(from_attributes=True)
    segment_id: SegmentId
    version: Version
    name: str = Field(description=_NAME, examples=["Leeds, Welsh speakers"])
    body: OwningBody = Field(examples=["leeds"])
    rule: Rule = Field(description=_RULE, examples=[_EXAMPLE])
    created_by: Actor
    created_at: Time
    updated_by: Actor
    updated_at: Time


class SegmentPage(BaseModel):
    """A page of segments, in the order of their ids."""

    items: list[Segment] = Field(description="The segments.")
    next: Cursor


class ChannelCounts(BaseModel):
    """Members who have an address on a channel, whatever they consented to."""

    sms: int | None = Field(description="With a number that can be texted; null where withheld.", examples=[1180])
    email: int | None = Field(description="With an e-mail address; null where withheld.", examples=[1201])


class SampleMember(BaseModel):
    """A member of a segment, masked."""

    member_id: MemberId
    given_name: str = Field(description="The first letter only.", examples=["A•••"])
    branch: str | None = Field(description="Id of the branch; null for a member of none.", examples=["leeds"])
    language: str = Field(description="Primary language tag (BCP 47).", examples=["en"])


class Preview(BaseModel):
    """How many members a rule selects now."""

    count: int | None = Field(description="Active members; null where withheld.", examples=[1234])
    by_channel: ChannelCounts = Field(description="Those who have each channel.")
    sensitive: bool = Field(
        description="Whether the rule asks for a special-category interest, itself or by a campaign it builds on.",
        examples=[False],
    )
    withheld: list[WithheldFigure] = Field(description="What is not shown, and why.", examples=[[]])
    sample: list[SampleMember] = Field(description="A few of them; none of a sensitive rule.")

    @classmethod
    def of(cls, preview: RulePreview) -> Self:
        """The preview as it may be shown."""
        counts, sensitive = preview.counts, preview.sensitive
        by_channel: dict[str, int | None] = {"sms": counts.sms, "email": counts.email}
        if sensitive:
            by_channel = shown_channels(counts.members, {"sms": counts.sms, "email": counts.email})
        shown = {"count": shown_count(counts.members, sensitive=sensitive), **by_channel}
        hidden = few(name for name, count in shown.items() if count is None)
        return cls(
            count=shown["count"],
            by_channel=ChannelCounts(sms=shown["sms"], email=shown["email"]),
            sensitive=sensitive,
            withheld=[*hidden, WithheldFigure(field="sample", reason=NO_SAMPLE)] if sensitive else [],
            sample=[
                SampleMember(
                    member_id=member.member_id,
                    given_name=f"{member.initial}•••",
                    branch=member.branch,
                    language=member.language,
                )
                for member in preview.sample
            ],
        )


class MemberExplanation(BaseModel):
    """Whether a member is in a segment, and why."""

    model_config = ConfigDict(from_attributes=True)
    member_id: MemberId
    in_segment: bool = Field(description="Whether they are: the rule holds and they are active.", examples=[True])
    member_status: str = Field(description="active, left or deceased.", examples=["active"])
    explanation: Explanation = Field(description="The rule with the result of every part.")
