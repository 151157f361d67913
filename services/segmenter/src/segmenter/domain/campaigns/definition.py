"""A campaign as an organiser writes it."""

from typing import Annotated, Literal
from uuid import UUID

from contracts.enums import Channel, Purpose
from contracts.field_types import Moment
from pydantic import Field, StringConstraints
from segmenter.domain.fields import LanguageTag, Line, LongText, OwningBody, RequestModel, ShortText

Variant = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_-]{1,20}$")]


class Content(RequestModel):
    """What is said on one channel in one language. `{{ given_name }}` marks a merge field."""

    channel: Channel = Field(description="The channel.", examples=["sms"])
    language: LanguageTag = Field(description="Primary language tag (BCP 47).", examples=["en"])
    text: LongText = Field(examples=["Hi {{ given_name }}, vote by Friday."])
    """The text, with merge fields."""
    subject: Line = Field(default="", description="E-mail only: the subject.", examples=[""])
    html: LongText = Field(default="", examples=[""])
    """E-mail only: the same as HTML; empty sends text alone."""


class Sender(RequestModel):
    """In whose name the messages of a channel go out."""

    channel: Channel = Field(description="The channel.", examples=["sms"])
    body: ShortText | None = Field(default=None, examples=[None])
    """Id of the union body whose members it writes to; null: everybody without one of their own."""
    address: Annotated[str, StringConstraints(min_length=1, max_length=254)] = Field(examples=["+447700900999"])
    """E.164 number or messaging service id for sms, address for email."""
    display_name: Line = Field(default="", description="E-mail only: the name shown.", examples=["The Union"])


class ChannelChoice(RequestModel):
    """How a member's channels are chosen."""

    rule: Literal["preferred_else_next", "all"] = Field(default="preferred_else_next", examples=["preferred_else_next"])
    """preferred_else_next: the member's preferred channel, then the next if that fails. all: every one."""
    order: tuple[Channel, ...] = Field(min_length=1, max_length=10, examples=[["sms", "email"]])
    """The campaign's channels, in the order they are tried where a member prefers none."""


class CampaignDefinition(RequestModel):
    """What is said, to whom, how and until when."""

    name: ShortText = Field(examples=["Strike ballot, first reminder"])
    """For organisers; members do not see it."""
    purpose: Purpose = Field(examples=["campaign"])
    """What it is for; only members who consented to this purpose on a channel are written to."""
    segment_id: UUID = Field(description="The segment it goes to.", examples=["3b1f6f0e-52a4-4b73-9d4f-8f0d5a1c9e77"])
    body: OwningBody = Field(default=None, examples=["leeds"])
    poll_id: UUID | None = Field(default=None, examples=[None])
    """The poll it asks; members who took part in it are left out, and {{ poll_link }} leads to it."""
    content: tuple[Content, ...] = Field(
        min_length=1,
        max_length=40,
        examples=[[{"channel": "sms", "language": "en", "text": "Hi {{ given_name }}, vote by Friday."}]],
    )
    """One entry a channel and language."""
    fallbacks: dict[str, Line] = Field(default_factory=dict, max_length=20, examples=[{"given_name": "colleague"}])
    """By merge field: what stands in the text of a member for whom nothing is known."""
    default_language: LanguageTag = Field(default="en", examples=["en"])
    """For members in whose language there is no content."""
    channels: ChannelChoice = Field(examples=[{"rule": "preferred_else_next", "order": ["sms"]}])
    """Which channels a member is written to on."""
    senders: tuple[Sender, ...] = Field(
        default=(), max_length=500, examples=[[{"channel": "sms", "address": "+447700900999"}]]
    )
    """At least one a channel."""
    expires_at: Moment = Field(examples=["2030-06-07T18:00:00Z"])
    """RFC 3339 time after which nothing more is sent."""
    starts_at: Moment | None = Field(default=None, examples=[None])
    """RFC 3339 time at which a launched campaign starts; null: at its launch."""
    urgent: bool = Field(default=False, examples=[False])
    """Sent before everything that is not urgent; needs the scope campaigns:urgent."""
    step: int = Field(default=1, ge=1, le=1000, examples=[1])
    """Number of its first message to a member. One on the next channel after a failure counts one more; a member is
    written to once a step and channel, and deliveries carry it."""
    variant: Variant = Field(default="a", examples=["a"])
    """Label of this wording among several that are compared; deliveries carry it for analysts."""
    script_version: int = Field(default=1, ge=1, le=100_000, examples=[1])
    """Version of the script that the wording is taken from; deliveries carry it for analysts."""
    passes_quiet_hours: bool = Field(default=False, examples=[False])
    """Send at night as well; needs a reason and the scope campaigns:pass-quiet-hours."""
    quiet_hours_reason: Line = Field(default="", description="Why quiet hours are passed.", examples=[""])
    one_per_member: bool = Field(default=False, examples=[False])
    """False: members who share an address get one message between them. True: one each."""
    in_doubt_policy: dict[Channel, Literal["resend", "hold"]] = Field(
        default_factory=dict, examples=[{"sms": "resend"}]
    )
    """By channel, what happens to a message when it is not known whether the provider took it: resend sends it
    again, and a member may get it twice; hold keeps it for an operator to decide. Default: resend for sms, hold for
    email."""

    def content_for(self, channel: str, language: str) -> Content:
        """A member's content: in their language if there is any, else in the default language."""
        by_language = {content.language: content for content in self.content if content.channel == channel}
        return by_language.get(language) or by_language[self.default_language]
