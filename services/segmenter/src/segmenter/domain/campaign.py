"""A campaign as an organiser writes it."""

from typing import Annotated, Any, Literal
from uuid import UUID

from contracts.enums import Channel, Purpose
from contracts.field_types import Moment
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from segmenter.domain.facts import Word

Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")]
Long = Annotated[str, StringConstraints(max_length=100_000, pattern=r"^[^\x00]*$")]
Line = Annotated[str, StringConstraints(max_length=300, pattern=r"^[^\x00]*$")]


class _Given(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Said(_Given):
    """The words of one channel in one language."""

    channel: Channel
    language: Language
    text: Long
    subject: Line = ""
    html: Long = ""


class From(_Given):
    """In whose name a channel's messages go out; `body` null is the union's own."""

    channel: Channel
    body: Word | None = None
    address: Annotated[str, StringConstraints(min_length=1, max_length=254)]
    display_name: Line = ""


class ChannelRule(_Given):
    """One channel a member, the next when it fails; or all of them at once. `order` breaks ties."""

    rule: Literal["preferred_else_next", "all"] = "preferred_else_next"
    order: tuple[Channel, ...] = Field(min_length=1, max_length=10)


class Definition(_Given):
    """Everything that is said, to whom, how and until when."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
    purpose: Purpose
    segment_id: UUID
    body: Word | None = None
    poll_id: UUID | None = None
    content: tuple[Said, ...] = Field(min_length=1, max_length=40)
    fallbacks: dict[Word, Line] = Field(default_factory=dict, max_length=20)
    default_language: Language = "en"
    channels: ChannelRule
    senders: tuple[From, ...] = Field(default=(), max_length=500)
    expires_at: Moment
    starts_at: Moment | None = None
    urgent: bool = False
    step: int = Field(default=1, ge=1, le=1000)
    variant: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_-]{1,20}$")] = "a"
    script_version: int = Field(default=1, ge=1, le=100_000)
    passes_quiet_hours: bool = False
    quiet_hours_reason: Line = ""
    one_per_member: bool = False
    in_doubt_policy: dict[Channel, Literal["resend", "hold"]] = Field(default_factory=dict)

    def said(self, channel: str, language: str) -> Said:
        """The words for a member: their language if there are any in it, else the default."""
        words = {said.language: said for said in self.content if said.channel == channel}
        return words.get(language) or words[self.default_language]

    def stored(self) -> dict[str, Any]:
        """As JSON."""
        return self.model_dump(mode="json")
