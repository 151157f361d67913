"""Campaigns, and the staff they may be sent to as a test."""

from datetime import date, datetime
from uuid import UUID

from segmenter.models.base import TEXTS, TIME, Table
from sqlalchemy import Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

_MAYBE = JSONB(none_as_null=True)


class Campaign(Table, table=True):
    """A campaign, as `domain.campaigns.campaign` describes it. `name` to `urgent` repeat parts of the definition."""

    __tablename__ = "campaigns"
    __table_args__ = (
        Index(
            "campaigns_in_motion",
            "state",
            postgresql_where=text("state IN ('approved', 'blocked', 'launched', 'paused')"),
        ),
        Index("campaigns_quarantined", "quarantined_at", postgresql_where=text("quarantined_at IS NOT NULL")),
        Index("campaigns_at_rest", "updated_at", postgresql_where=text("state NOT IN ('launched', 'paused')")),
    )
    campaign_id: UUID = Field(primary_key=True)
    version: int
    state: str
    name: str
    body: str | None = Field(default=None, index=True)
    test_of: UUID | None = Field(default=None, index=True)
    definition: dict[str, object] = Field(sa_type=JSONB)
    expires_at: datetime = Field(sa_type=TIME)
    urgent: bool = False
    created_by: str
    created_at: datetime = Field(sa_type=TIME)
    updated_by: str
    updated_at: datetime = Field(sa_type=TIME)
    authors: list[str] = Field(sa_type=TEXTS)
    summary: dict[str, object] | None = Field(default=None, sa_type=_MAYBE)
    approved_by: str | None = None
    approved_recipients: int | None = None
    launched_by: str | None = None
    starts_at: datetime | None = Field(default=None, sa_type=TIME)
    blocked_reason: str | None = None
    late_seconds: int | None = None
    quarantine_reason: str | None = None
    quarantined_at: datetime | None = Field(default=None, sa_type=TIME)
    sensitive: bool = False
    launched_on: date | None = None
    rule: dict[str, object] | None = Field(default=None, sa_type=_MAYBE)
    frozen_at: datetime | None = Field(default=None, sa_type=TIME)
    audience_size: int | None = None
    planned_skips: dict[str, int] | None = Field(default=None, sa_type=_MAYBE)
    traceparent: str | None = None


class TestStaff(Table, table=True):
    """A member who may be sent a campaign before anybody has approved it; named in advance."""

    __tablename__ = "test_staff"
    member_id: UUID = Field(primary_key=True)
    named_by: str
    named_at: datetime = Field(sa_type=TIME)
