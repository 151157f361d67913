"""A campaign as dispatchers and ballot need it. Every event is a full snapshot: compaction keeps only the last."""

from datetime import date
from uuid import UUID

from contracts.event import Event, Value
from pydantic import AwareDatetime, Field


class Content(Value):
    """What is said on one channel in one language. `{{ field }}` marks a merge field.

    SMS uses `text` alone; e-mail uses `subject`, `text` and, if wanted, `html`.
    """

    channel: str
    language: str
    text: str
    subject: str = ""
    html: str = ""


class Sender(Value):
    """In whose name a channel's messages go out. `body` None is the union's own; a body's own wins over it.

    `address` is an E.164 number or a messaging service for SMS, an addr-spec for e-mail.
    """

    channel: str
    body: str | None = None
    address: str
    display_name: str = ""


class CampaignEvent(Event):
    """The snapshot that every campaign event carries."""

    campaign_id: UUID
    version: int = Field(ge=1)
    state: str
    name: str
    purpose: str
    step: int = 1
    variant: str = "a"
    script_version: int = 1
    content: tuple[Content, ...]
    fallbacks: dict[str, str] = Field(default_factory=dict)
    """What a merge field says for a member who lacks it."""
    default_language: str = "en"
    senders: tuple[Sender, ...] = ()
    launched_on: date
    """Month partition of the ledger: the day of launch in UTC, never changed."""
    expires_at: AwareDatetime
    urgent: bool = False
    passes_quiet_hours: bool = False
    quiet_hours_reason: str = ""
    one_per_member: bool = False
    """True switches off 'one address gets one message'."""
    in_doubt_policy: dict[str, str] = Field(default_factory=dict)
    """Per channel: resend or hold; absent is the channel's default."""
    poll_id: UUID | None = None
    """The poll this campaign asks, if any; a member who took part is not asked again."""
    poll_closes_at: AwareDatetime | None = None
    """Until then answers to that poll count, also when the campaign has expired; as known when this was said."""
    test_of: UUID | None = None
    """Set on a test send: the campaign it tries out."""
    sensitive: bool = False
    """Whom it asks was selected by a sensitive interest, so that having been asked says something of them."""


class CampaignLaunched(CampaignEvent, type="campaign.launched.v1"):
    """Deliveries may start."""


class CampaignPaused(CampaignEvent, type="campaign.paused.v1"):
    """Nothing is claimed until it is resumed; what waits, waits."""


class CampaignResumed(CampaignEvent, type="campaign.resumed.v1"):
    """Deliveries go on."""


class CampaignCancelled(CampaignEvent, type="campaign.cancelled.v1"):
    """What has not been claimed is skipped."""


class CampaignCompleted(CampaignEvent, type="campaign.completed.v1"):
    """Every delivery has ended."""


class SendingStopped(Event, type="sending.stopped.v1"):
    """The union-wide stop, on `campaigns` under the key `union-wide-stop`. `stopped` False lifts it."""

    version: int = Field(ge=1)
    stopped: bool
    reason: str
    at: AwareDatetime


UNION_WIDE_STOP_KEY = "union-wide-stop"
