"""How many members a rule selects, as far as it may be shown."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Self

from pydantic import Field
from segmenter.domain.disclosure.small_counts import THRESHOLD, WithheldFigure, few, shown_count, splits_off_few
from segmenter.domain.fields import MemberId, ResponseModel

_NO_SAMPLE = WithheldFigure(field="sample", reason="nobody of a sensitive segment is shown")


class SelectedCounts(NamedTuple):
    """How many members a rule selects: all, and by channel whatever their consent."""

    members: int
    sms: int
    email: int


class ChannelCounts(ResponseModel):
    """Members who have an address on a channel, whatever they consented to."""

    sms: int | None = Field(description="With a number that can be texted; null where withheld.", examples=[1180])
    email: int | None = Field(description="With an e-mail address; null where withheld.", examples=[1201])


class SampleMember(ResponseModel):
    """A member of a segment, masked."""

    member_id: MemberId
    given_name: str = Field(description="The first letter only.", examples=["A•••"])
    branch: str | None = Field(description="Id of the branch; null for a member of none.", examples=["leeds"])
    language: str = Field(description="Primary language tag (BCP 47).", examples=["en"])


class Preview(ResponseModel):
    """How many members a rule selects now."""

    count: int | None = Field(description="Active members; null where withheld.", examples=[1234])
    by_channel: ChannelCounts = Field(description="Those who have each channel.")
    sensitive: bool = Field(examples=[False])
    """Whether the rule asks for a special-category interest, itself or by a campaign it builds on."""
    withheld: list[WithheldFigure] = Field(description="What is not shown, and why.", examples=[[]])
    sample: Sequence[SampleMember] = Field(description="A few of them; none of a sensitive rule.")

    @classmethod
    def of(cls, counts: SelectedCounts, sample: Sequence[SampleMember], *, sensitive: bool) -> Self:
        """The preview as it may be shown."""
        by_channel = {"sms": counts.sms, "email": counts.email}
        shown: dict[str, int | None] = {"count": counts.members, **by_channel}
        withheld: list[WithheldFigure] = []
        if sensitive:
            shown = {"count": shown_count(counts.members, sensitive=True)} | shown_channels(counts.members, by_channel)
            withheld = [*few(name for name, count in shown.items() if count is None), _NO_SAMPLE]
        channels = ChannelCounts(sms=shown["sms"], email=shown["email"])
        return cls(count=shown["count"], by_channel=channels, sensitive=sensitive, withheld=withheld, sample=sample)


def shown_channels(count: int, by_channel: Mapping[str, int]) -> dict[str, int | None]:
    """How many of a sensitive rule's members have each channel; None where that may not be shown.

    Beside `count` each figure says how many lack the channel, and all together how many at least have none or several.
    """
    shown = {name: None if has < THRESHOLD or splits_off_few(has, count) else has for name, has in by_channel.items()}
    together = None not in shown.values() and 0 < abs(count - sum(by_channel.values())) < THRESHOLD
    return dict.fromkeys(shown) if together else shown
