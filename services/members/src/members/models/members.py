"""Tables of members. Rows of a member are deleted with it (`ON DELETE CASCADE`)."""

from datetime import date, datetime
from uuid import UUID

from members.models.base import Table, moment, part_of
from sqlalchemy import BigInteger, Column, Identity, Index, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field


class MemberRow(Table, table=True):
    """A member."""

    __tablename__ = "members"
    __table_args__ = (Index("members_left", "left_on", "member_id", postgresql_where="left_on IS NOT NULL"),)

    member_id: UUID = Field(primary_key=True)
    version: int
    membership_number: str = Field(unique=True)
    status: str
    left_on: date | None = None
    given_name: str
    family_name: str
    language: str
    time_zone: str
    birthday: date | None = None


class MembershipRow(Table, table=True):
    """A membership of a body; `position` keeps their order."""

    __tablename__ = "memberships"

    member_id: UUID = part_of("members.member_id", primary_key=True)
    position: int = Field(primary_key=True)
    body: str = Field(foreign_key="bodies.id", index=True)
    valid_from: date
    valid_to: date | None = None
    employer: str | None = None
    job: str | None = None
    unit: str | None = None


class ContactRow(Table, table=True):
    """A contact point of a member."""

    __tablename__ = "contact_points"

    member_id: UUID = part_of("members.member_id", primary_key=True)
    position: int = Field(primary_key=True)
    label: str
    channel: str
    address: str
    address_hash: str = Field(index=True)
    """Keyed; other services know the address by it. See `chassis.settings.hash_address`."""
    preferred: bool
    textable: bool


class StoppedAddressRow(Table, table=True):
    """An address from which a STOP or a START came, tied to no member: a roll may bring somebody new there."""

    __tablename__ = "stopped_addresses"

    address_hash: str = Field(primary_key=True)
    stopped_at: datetime | None = moment(default=None)
    started_at: datetime | None = moment(default=None)


class InterestRow(Table, table=True):
    """An interest of a member."""

    __tablename__ = "interests"

    member_id: UUID = part_of("members.member_id", primary_key=True)
    name: str = Field(primary_key=True)
    sensitive: bool


class ConsentRow(Table, table=True):
    """Evidence of consent: rows are added, never changed."""

    __tablename__ = "consents"

    consent_id: UUID = Field(primary_key=True)
    member_id: UUID = part_of("members.member_id", index=True)
    channel: str
    purposes: tuple[str, ...] = Field(sa_column=Column(ARRAY(Text, as_tuple=True), nullable=False))
    granted: bool
    source: str
    wording_version: str
    at: datetime = moment()


class HistoryRow(Table, table=True):
    """Something that happened to a member's record: names of fields and ids, never values."""

    __tablename__ = "history"

    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(), primary_key=True))
    member_id: UUID = part_of("members.member_id", index=True)
    at: datetime = moment(index=True)
    what: str
    detail: dict[str, object] = Field(sa_column=Column(JSONB, nullable=False))


class ErasedRow(Table, table=True):
    """The marker of an erasure: no personal data, only the id, which must not come back."""

    __tablename__ = "erased"
    __table_args__ = (Index("erased_untombstoned", "told_at", postgresql_where="tombstoned_at IS NULL"),)

    member_id: UUID = Field(primary_key=True)
    version: int
    reason: str
    at: datetime = moment()
    told_at: datetime = moment()
    tombstoned_at: datetime | None = moment(default=None)
