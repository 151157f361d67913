"""Campaigns, as dispatchers and ballot need them. Every event is a full snapshot: compaction keeps only the last."""

from datetime import date
from uuid import UUID

from contracts.event import Event, EventPart
from pydantic import AwareDatetime, Field


class Content(EventPart):
    """The message on one channel in one language; `{{ field }}` is a merge field."""

    channel: str
    """sms or email."""
    language: str
    """BCP 47 primary language tag, such as en or cy."""
    text: str
    """The text message, or the plain-text body of the e-mail."""
    subject: str = ""
    """Subject of the e-mail; empty for sms."""
    html: str = ""
    """HTML body of the e-mail; empty for sms and where there is none."""


class Sender(EventPart):
    """The sender of a channel's messages."""

    channel: str
    """sms or email."""
    body: str | None = None
    """Id of the union body whose members get this sender; null is everybody else's."""
    address: str
    """E.164 number or messaging service id for sms, addr-spec for email."""
    display_name: str = ""
    """Name shown beside the e-mail address."""


class CampaignEvent(Event):
    """The snapshot that every campaign event carries."""

    campaign_id: UUID
    """Id of the campaign."""
    version: int = Field(ge=1)
    """Rises with every event of this campaign; a higher one replaces a lower one."""
    state: str
    """launched, paused, cancelled or completed."""
    name: str
    """The campaign's name for staff."""
    purpose: str
    """What the messages are for, such as campaign or ballot_notice; consent is given per purpose."""
    step: int = 1
    """Always 1; each delivery says its own step."""
    variant: str = "a"
    """Variant of the content, where several are compared."""
    script_version: int = 1
    """Version of the content."""
    content: tuple[Content, ...]
    """The message, for each channel and language."""
    fallbacks: dict[str, str] = Field(default_factory=dict)
    """By merge field: what is written for a member without a value."""
    default_language: str = "en"
    """Language of members for whom there is no content in their own."""
    senders: tuple[Sender, ...] = ()
    """Senders; that of a member's own body is preferred to the union's."""
    launched_on: date
    """Day of the launch in UTC, never changed; dispatchers partition their ledgers by its month."""
    expires_at: AwareDatetime
    """Nothing is sent from then on."""
    urgent: bool = False
    """Sent before other campaigns."""
    passes_quiet_hours: bool = False
    """Sent during quiet hours too."""
    quiet_hours_reason: str = ""
    """Why it may be sent during quiet hours."""
    one_per_member: bool = False
    """True: members who share an address each get the message; false: one address gets it once."""
    in_doubt_policy: dict[str, str] = Field(default_factory=dict)
    """By channel, what to do when it is unknown whether a message was sent: resend or hold; absent: the channel's
    default."""
    poll_id: UUID | None = None
    """Id of the poll that this campaign asks; a member who took part is not asked again."""
    poll_closes_at: AwareDatetime | None = None
    """Until then answers to that poll count, also after the campaign has expired; as known when this was published."""
    test_of: UUID | None = None
    """Set on a test send: id of the campaign that is tried out."""
    sensitive: bool = False
    """Its members were selected by a sensitive interest, so being asked reveals something about them."""


class CampaignLaunched(CampaignEvent, type="campaign.launched.v1"):
    """Messages may be sent."""


class CampaignPaused(CampaignEvent, type="campaign.paused.v1"):
    """Nothing more is sent until the campaign is resumed; what waits stays queued."""


class CampaignResumed(CampaignEvent, type="campaign.resumed.v1"):
    """Sending continues."""


class CampaignCancelled(CampaignEvent, type="campaign.cancelled.v1"):
    """What is not being sent yet is skipped."""


class CampaignCompleted(CampaignEvent, type="campaign.completed.v1"):
    """Every delivery has ended."""


class SendingStopped(Event, type="sending.stopped.v1"):
    """The union-wide stop of all sending, under the key `union-wide-stop`."""

    version: int = Field(ge=1)
    """Rises with every stop and lift."""
    stopped: bool
    """True stops all sending, false lifts the stop."""
    reason: str
    """Why, in the words of whoever did it."""
    at: AwareDatetime
    """When it was stopped or lifted."""


UNION_WIDE_STOP_KEY = "union-wide-stop"
