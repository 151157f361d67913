"""The segmenter's tables: what it knows of members, and what it has planned and asked for. Never an address."""

from datetime import date, datetime
from typing import Any, cast
from uuid import UUID

from chassis import tables
from sqlalchemy import Boolean, DateTime, Index, MetaData, SmallInteger, Text, text
from sqlalchemy import Table as SqlTable
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel


class Table(SQLModel, registry=registry()):
    """Base of this service's tables."""

    metadata = MetaData()


METADATA: tuple[MetaData, ...] = (tables.metadata, Table.metadata)
_TIME = DateTime(timezone=True)
_WORDS = ARRAY(Text)
_MAYBE = JSONB(none_as_null=True)
# Statuses change several times a row: room on the page keeps those updates off the indexes.
_ROOM = {"postgresql_with": {"fillfactor": 70}}


class Member(Table, table=True):
    """A member as far as segments and merge values need it. `status` erased is a marker without data."""

    __tablename__ = "members"
    member_id: UUID = Field(primary_key=True)
    version: int
    status: str
    given_name: str
    language: str
    birthday: int | None = Field(default=None, sa_type=SmallInteger)
    """Month times 100 plus day."""
    joined_on: date | None
    has_sms: bool
    has_email: bool
    preferred: str
    interests: list[str] = Field(sa_type=_WORDS)


class Membership(Table, table=True):
    """A member's place in one body."""

    __tablename__ = "memberships"
    __table_args__ = (Index("memberships_by_path", "path", postgresql_using="gin"),)
    member_id: UUID = Field(primary_key=True)
    position: int = Field(primary_key=True, sa_type=SmallInteger)
    body: str
    path: list[str] = Field(sa_type=_WORDS)
    region: str | None
    branch: str | None
    branch_name: str | None
    employer: str | None
    job: str | None
    valid_from: date
    valid_to: date | None


class Consent(Table, table=True):
    """A member's latest word on one channel and purpose."""

    __tablename__ = "consents"
    member_id: UUID = Field(primary_key=True)
    channel: str = Field(primary_key=True)
    purpose: str = Field(primary_key=True)
    granted: bool
    consent_id: UUID
    at: datetime = Field(sa_type=_TIME)


class SensitiveInterest(Table, table=True):
    """Interests that are special-category in themselves, kept apart."""

    __tablename__ = "sensitive_interests"
    member_id: UUID = Field(primary_key=True)
    version: int
    interests: list[str] = Field(sa_type=_WORDS)


class Participation(Table, table=True):
    """That a member took part or asked not to be chased; never what they chose."""

    __tablename__ = "participation"
    __table_args__ = (Index("participation_by_member", "member_id"),)
    ballot_id: UUID = Field(primary_key=True)
    member_id: UUID = Field(primary_key=True)
    effect: str
    on_date: date


class Ballot(Table, table=True):
    """A poll or followed ballot."""

    __tablename__ = "ballots"
    ballot_id: UUID = Field(primary_key=True)
    version: int
    state: str
    kind: str
    title: str
    body: str
    opens_at: datetime = Field(sa_type=_TIME)
    closes_at: datetime = Field(sa_type=_TIME)
    roll: int


class UnionEvent(Table, table=True):
    """Something another union system told, for organisers to act on."""

    __tablename__ = "union_events"
    __table_args__ = (Index("union_events_by_body", "body", "at"),)
    source: str = Field(primary_key=True)
    event_id: str = Field(primary_key=True)
    type: str
    subject: str
    body: str
    at: datetime = Field(sa_type=_TIME)
    data: dict[str, Any] = Field(sa_type=JSONB)


class Segment(Table, table=True):
    """A stored rule. `body` keeps it inside one body."""

    __tablename__ = "segments"
    segment_id: UUID = Field(primary_key=True)
    version: int
    name: str
    body: str | None = Field(default=None, index=True)
    rule: dict[str, Any] = Field(sa_type=JSONB)
    created_by: str
    created_at: datetime = Field(sa_type=_TIME)
    updated_by: str
    updated_at: datetime = Field(sa_type=_TIME)


class Campaign(Table, table=True):
    """A campaign; `definition` is what was written, `rule` the segment's rule as it was at launch."""

    __tablename__ = "campaigns"
    __table_args__ = (
        Index("campaigns_in_motion", "state", postgresql_where=text("state IN ('approved', 'launched', 'paused')")),
    )
    campaign_id: UUID = Field(primary_key=True)
    version: int
    state: str
    name: str
    body: str | None = Field(default=None, index=True)
    test_of: UUID | None = Field(default=None, index=True)
    definition: dict[str, Any] = Field(sa_type=JSONB)
    expires_at: datetime = Field(sa_type=_TIME)
    urgent: bool = False
    created_by: str
    created_at: datetime = Field(sa_type=_TIME)
    updated_by: str
    updated_at: datetime = Field(sa_type=_TIME)
    summary: dict[str, Any] | None = Field(default=None, sa_type=_MAYBE)
    """The last one shown, with its hash, version and time."""
    approved_by: str | None = None
    approved_recipients: int | None = None
    launched_by: str | None = None
    starts_at: datetime | None = Field(default=None, sa_type=_TIME)
    """Set when a launch was confirmed for later."""
    launched_on: date | None = None
    rule: dict[str, Any] | None = Field(default=None, sa_type=_MAYBE)
    frozen_at: datetime | None = Field(default=None, sa_type=_TIME)
    audience_size: int | None = None


class AudienceMember(Table, table=True):
    """One member of a frozen audience: what was decided for them at that moment. Never changed afterwards."""

    __tablename__ = "audience"
    __table_args__ = (Index("audience_by_member", "member_id"),)
    campaign_id: UUID = Field(primary_key=True)
    ordinal: int = Field(primary_key=True)
    member_id: UUID
    member_version: int
    channels: list[str] = Field(sa_type=_WORDS)
    """In the order they are tried; empty for a planned skip."""
    skip_reason: str | None
    branch: str | None
    region: str | None
    language: str
    merge: dict[str, str] = Field(sa_type=JSONB)
    consents: list[dict[str, Any]] = Field(sa_type=JSONB)
    """The consents relied on: channel, consent_id, at."""
    matched: list[bool] = Field(sa_type=ARRAY(Boolean))
    """Truth of every leaf of the rule, in its order."""


class Delivery(Table, table=True):
    """A delivery asked for, and what became of it as its dispatcher says."""

    __tablename__ = "deliveries"
    __table_args__ = (
        Index("deliveries_by_campaign", "campaign_id", "ordinal"),
        Index("deliveries_by_member", "member_id"),
        _ROOM,
    )
    delivery_id: UUID = Field(primary_key=True)
    campaign_id: UUID
    ordinal: int
    step: int
    channel: str
    rest: list[str] = Field(sa_type=_WORDS)
    """Channels still to be tried when this one fails."""
    member_id: UUID
    branch: str | None
    test: bool
    status: str
    reason: str
    rev: int
    at: datetime = Field(sa_type=_TIME)


class Shard(Table, table=True):
    """A range of a frozen audience to be fanned out. `checkpoint` ≤ `prepared` ≤ `last`, all ordinals.

    Up to `checkpoint` the broker has acknowledged; up to `prepared` the deliveries are written.
    """

    __tablename__ = "fanout_shards"
    __table_args__ = (Index("fanout_shards_to_do", "campaign_id", postgresql_where=text("NOT done")),)
    campaign_id: UUID = Field(primary_key=True)
    shard: int = Field(primary_key=True)
    last: int
    checkpoint: int
    prepared: int
    done: bool = False


class SendingStop(Table, table=True):
    """The union-wide stop; one row, numbered for its events."""

    __tablename__ = "sending_stop"
    only: bool = Field(default=True, primary_key=True)
    version: int
    stopped: bool
    reason: str
    by: str
    at: datetime = Field(sa_type=_TIME)


def _table(model: type[Table]) -> SqlTable:
    return cast(SqlTable, model.__table__)  # type: ignore[attr-defined]


members = _table(Member)
memberships = _table(Membership)
consents = _table(Consent)
sensitive_interests = _table(SensitiveInterest)
participation = _table(Participation)
ballots = _table(Ballot)
union_events = _table(UnionEvent)
segments = _table(Segment)
campaigns = _table(Campaign)
audience = _table(AudienceMember)
deliveries = _table(Delivery)
shards = _table(Shard)
sending_stop = _table(SendingStop)
