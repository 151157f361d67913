"""Who our people are, as the other services may know them. The only events that hold contact data."""

from datetime import date
from uuid import UUID

from contracts.event import Event, Value
from pydantic import AwareDatetime, Field


class ContactPoint(Value):
    """One address of a member: E.164 for `sms`, an addr-spec for `email`. A landline cannot be texted."""

    channel: str
    address: str
    preferred: bool = False
    textable: bool = True


class Consent(Value):
    """The latest word of a member on one channel and purpose, with its evidence."""

    consent_id: UUID
    channel: str
    purpose: str
    granted: bool
    source: str
    wording_version: str
    at: AwareDatetime


class Membership(Value):
    """A member's place in one body, from a day to a day (both included; None is open)."""

    body: str
    """Id of the body, a slug."""
    path: tuple[str, ...]
    """Ids from the union down to the body itself."""
    region: str | None = None
    region_name: str | None = None
    branch: str | None = None
    branch_name: str | None = None
    employer: str | None = None
    job: str | None = None
    unit: str | None = None
    valid_from: date
    valid_to: date | None = None


class MemberChanged(Event, type="member.changed.v1"):
    """A full snapshot; a higher `version` replaces a lower one, whatever order they are read in."""

    member_id: UUID
    version: int = Field(ge=1)
    status: str = "active"
    given_name: str
    family_name: str
    language: str = "en"
    """BCP 47 primary tag, such as en or cy."""
    time_zone: str = "Europe/London"
    birthday: date | None = None
    contact_points: tuple[ContactPoint, ...] = ()
    consents: tuple[Consent, ...] = ()
    memberships: tuple[Membership, ...] = ()
    interests: tuple[str, ...] = ()


class MemberErased(Event, type="member.erased.v1"):
    """Forget this member: everything but the id as a marker. Stops what is queued."""

    member_id: UUID
    version: int = Field(ge=1)
    reason: str = "erasure"


class SensitiveInterestsChanged(Event, type="member.sensitive-interests-changed.v1"):
    """Interests that are special-category in themselves; only the segmenter reads them."""

    member_id: UUID
    version: int = Field(ge=1)
    interests: tuple[str, ...] = ()


class HeartbeatTicked(Event, type="heartbeat.ticked.v1"):
    """An hourly record a partition, so that a quiet compacted partition still compacts. Readers pass it over."""

    at: AwareDatetime
