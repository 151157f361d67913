"""What the segmenter has planned and asked for."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from segmenter.models.base import TIME, WORDS, Table
from sqlalchemy import Boolean, Index, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field

_MAYBE = JSONB(none_as_null=True)
TERMINAL = ("delivered", "undelivered", "expired", "rejected", "skipped")
OPEN = f"status NOT IN ({', '.join(map(repr, (*TERMINAL, 'accepted')))})"
ACCEPTED = "status = 'accepted'"
# Statuses change several times a row: room on the page keeps those updates off the indexes.
_ROOM = {"postgresql_with": {"fillfactor": 70}}


class Segment(Table, table=True):
    """A stored rule. `body` keeps it inside one body."""

    __tablename__ = "segments"
    segment_id: UUID = Field(primary_key=True)
    version: int
    name: str
    body: str | None = Field(default=None, index=True)
    rule: dict[str, Any] = Field(sa_type=JSONB)
    created_by: str
    created_at: datetime = Field(sa_type=TIME)
    updated_by: str
    updated_at: datetime = Field(sa_type=TIME)


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
    expires_at: datetime = Field(sa_type=TIME)
    urgent: bool = False
    created_by: str
    created_at: datetime = Field(sa_type=TIME)
    updated_by: str
    updated_at: datetime = Field(sa_type=TIME)
    authors: list[str] = Field(sa_type=WORDS)
    """Everybody who wrote any version of it: none of them is the second person."""
    summary: dict[str, Any] | None = Field(default=None, sa_type=_MAYBE)
    """The last one shown, with its hash, version and time."""
    approved_by: str | None = None
    approved_recipients: int | None = None
    launched_by: str | None = None
    starts_at: datetime | None = Field(default=None, sa_type=TIME)
    """Set when a launch was confirmed for later."""
    sensitive: bool = False
    """Its rule asks for a sensitive interest, itself or by a campaign it builds on."""
    launched_on: date | None = None
    rule: dict[str, Any] | None = Field(default=None, sa_type=_MAYBE)
    frozen_at: datetime | None = Field(default=None, sa_type=TIME)
    audience_size: int | None = None
    planned_skips: dict[str, int] | None = Field(default=None, sa_type=_MAYBE)
    """Members of the frozen audience who are left out, by reason."""
    traceparent: str | None = None
    """Of the request that launched it; the fan-out goes on with that trace."""


class TestStaff(Table, table=True):
    """A member who may be sent a campaign before anybody has approved it; named in advance."""

    __tablename__ = "test_staff"
    member_id: UUID = Field(primary_key=True)
    named_by: str
    named_at: datetime = Field(sa_type=TIME)


class AudienceMember(Table, table=True):
    """One member of a frozen audience: what was decided for them at that moment. Never changed afterwards."""

    __tablename__ = "audience"
    __table_args__ = (Index("audience_by_member", "member_id"),)
    campaign_id: UUID = Field(primary_key=True)
    ordinal: int = Field(primary_key=True)
    member_id: UUID
    member_version: int
    channels: list[str] = Field(sa_type=WORDS)
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
        # Looked at every second for each campaign in motion, however many of its deliveries have ended.
        Index("deliveries_open", "campaign_id", postgresql_where=text(OPEN)),
        Index("deliveries_accepted", "campaign_id", postgresql_where=text(ACCEPTED)),
        _ROOM,
    )
    delivery_id: UUID = Field(primary_key=True)
    campaign_id: UUID
    ordinal: int
    step: int
    channel: str
    rest: list[str] = Field(sa_type=WORDS)
    """Channels still to be tried when this one fails."""
    member_id: UUID
    branch: str | None
    test: bool
    status: str
    reason: str
    rev: int
    at: datetime = Field(sa_type=TIME)


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
    at: datetime = Field(sa_type=TIME)
