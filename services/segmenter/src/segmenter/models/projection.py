"""What the segmenter keeps of other services' events. Never an address."""

from datetime import date, datetime
from uuid import UUID

from segmenter.models.base import TEXTS, TIME, Table
from sqlalchemy import Index, SmallInteger, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field


class Member(Table, table=True):
    """A member as far as segments and merge values need it. `status` erased is a marker without data."""

    __tablename__ = "members"
    __table_args__ = (Index("members_erased", "member_id", postgresql_where=text("status = 'erased'")),)
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
    interests: list[str] = Field(sa_type=TEXTS)


class Membership(Table, table=True):
    """A member's place in one body."""

    __tablename__ = "memberships"
    __table_args__ = (Index("memberships_by_path", "path", postgresql_using="gin"),)
    member_id: UUID = Field(primary_key=True)
    position: int = Field(primary_key=True, sa_type=SmallInteger)
    body: str
    path: list[str] = Field(sa_type=TEXTS)
    region: str | None
    region_name: str | None
    branch: str | None
    branch_name: str | None
    employer: str | None
    job: str | None
    valid_from: date
    valid_to: date | None


class Consent(Table, table=True):
    """A member's latest consent or refusal on one channel and purpose."""

    __tablename__ = "consents"
    member_id: UUID = Field(primary_key=True)
    channel: str = Field(primary_key=True)
    purpose: str = Field(primary_key=True)
    granted: bool
    consent_id: UUID
    at: datetime = Field(sa_type=TIME)


class SensitiveInterest(Table, table=True):
    """Interests that are special-category in themselves, kept apart."""

    __tablename__ = "sensitive_interests"
    member_id: UUID = Field(primary_key=True)
    version: int
    interests: list[str] = Field(sa_type=TEXTS)


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
    opens_at: datetime = Field(sa_type=TIME)
    closes_at: datetime = Field(sa_type=TIME)
    roll: int


class UnionEvent(Table, table=True):
    """An event of another union system, for organisers to act on."""

    __tablename__ = "union_events"
    __table_args__ = (Index("union_events_by_body", "body", "at"), Index("union_events_by_time", "at"))
    source: str = Field(primary_key=True)
    event_id: str = Field(primary_key=True)
    type: str
    subject: str
    body: str
    at: datetime = Field(sa_type=TIME)
    data: dict[str, object] = Field(sa_type=JSONB)
