"""Members, as the other services may know them. The only events with contact data."""

from datetime import date
from uuid import UUID

from contracts.event import Event, EventPart
from pydantic import AwareDatetime, Field


class ContactPoint(EventPart):
    """One address of a member."""

    channel: str
    """sms or email."""
    address: str
    """E.164 number for sms, addr-spec for email."""
    preferred: bool = False
    """The one to use where the channel has several."""
    textable: bool = True
    """False for a landline, which cannot be texted."""


class Consent(EventPart):
    """A member's latest choice for one channel and purpose, with its evidence."""

    consent_id: UUID
    """Id of this choice."""
    channel: str
    """sms or email."""
    purpose: str
    """What the messages are for, such as campaign or survey."""
    granted: bool
    """True: may be written to; false: refused or withdrawn."""
    source: str
    """Where the choice was made, such as a form or an import."""
    wording_version: str
    """Version of the wording that the member saw."""
    at: AwareDatetime
    """When the choice was made."""


class Membership(EventPart):
    """A member's place in one union body."""

    body: str
    """Id of the body, a slug."""
    path: tuple[str, ...]
    """Ids of the bodies from the union down to the body itself."""
    region: str | None = None
    """Id of the region."""
    region_name: str | None = None
    """Name of the region."""
    branch: str | None = None
    """Id of the branch."""
    branch_name: str | None = None
    """Name of the branch."""
    employer: str | None = None
    """The member's employer."""
    job: str | None = None
    """The member's job."""
    unit: str | None = None
    """The unit at work, such as a bargaining unit."""
    valid_from: date
    """First day."""
    valid_to: date | None = None
    """Last day, included; null: open-ended."""


class MemberChanged(Event, type="member.changed.v1"):
    """A full snapshot of a member."""

    member_id: UUID
    """Id of the member."""
    version: int = Field(ge=1)
    """Rises with every change; a higher one replaces a lower one, in whatever order they are read."""
    status: str = "active"
    """active, left or deceased; only active members are written to."""
    given_name: str
    """First name."""
    family_name: str
    """Last name."""
    language: str = "en"
    """BCP 47 primary language tag, such as en or cy."""
    time_zone: str = "Europe/London"
    """IANA time zone, for quiet hours."""
    birthday: date | None = None
    """Date of birth."""
    contact_points: tuple[ContactPoint, ...] = ()
    """Numbers and addresses."""
    consents: tuple[Consent, ...] = ()
    """The latest choice for each channel and purpose."""
    memberships: tuple[Membership, ...] = ()
    """Past, present and future memberships."""
    interests: tuple[str, ...] = ()
    """Interests that are not special-category data."""


class MemberErased(Event, type="member.erased.v1"):
    """Everything about this member is to be deleted but the id; queued deliveries are skipped."""

    member_id: UUID
    """Id of the member."""
    version: int = Field(ge=1)
    """Higher than that of any snapshot of this member."""
    reason: str = "erasure"
    """Why the member is erased."""


class SensitiveInterestsChanged(Event, type="member.sensitive-interests-changed.v1"):
    """A member's interests that are special-category data; only the segmenter reads them."""

    member_id: UUID
    """Id of the member."""
    version: int = Field(ge=1)
    """Rises with every change; a higher one replaces a lower one."""
    interests: tuple[str, ...] = ()
    """All such interests of the member at present."""


class HeartbeatTicked(Event, type="heartbeat.ticked.v1"):
    """A record an hour on each partition, so that Kafka compacts a quiet partition too. Readers ignore it."""

    at: AwareDatetime
    """When it was published."""
