"""Tables of members. Children of a member go with it (`ON DELETE CASCADE`): erasing one row erases all."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from chassis import tables
from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, Identity, Index, LargeBinary, MetaData, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSON, JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel


class Table(SQLModel, registry=registry()):
    """Base of this service's tables, with a registry and metadata of their own."""

    metadata = MetaData()


def _moment(**kwargs: Any) -> Any:
    return Field(sa_type=DateTime(timezone=True), **kwargs)


def _of_member(**kwargs: Any) -> Any:
    column = ForeignKey("members.member_id", ondelete="CASCADE")
    return Field(sa_column=Column(column, nullable=False, **kwargs))


def _of_import(**kwargs: Any) -> Any:
    column = ForeignKey("imports.import_id", ondelete="CASCADE")
    return Field(sa_column=Column(column, nullable=False, **kwargs))


class BodyRow(Table, table=True):
    """A body; `path` is kept so that a subtree is one look-up."""

    __tablename__ = "bodies"
    __table_args__ = (Index("bodies_path", "path", postgresql_using="gin"),)

    id: str = Field(primary_key=True)
    kind: str
    name: str
    parent: str | None = Field(default=None, foreign_key="bodies.id")
    path: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    version: int


class MemberRow(Table, table=True):
    """A person. The membership number stays in this table."""

    __tablename__ = "members"

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
    """A place of a member in a body; `position` keeps their order."""

    __tablename__ = "memberships"

    member_id: UUID = _of_member(primary_key=True)
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

    member_id: UUID = _of_member(primary_key=True)
    position: int = Field(primary_key=True)
    label: str
    channel: str
    address: str
    preferred: bool
    textable: bool


class InterestRow(Table, table=True):
    """An interest of a member."""

    __tablename__ = "interests"

    member_id: UUID = _of_member(primary_key=True)
    name: str = Field(primary_key=True)
    sensitive: bool


class ConsentRow(Table, table=True):
    """Evidence of consent: rows are added, never changed."""

    __tablename__ = "consents"

    consent_id: UUID = Field(primary_key=True)
    member_id: UUID = _of_member(index=True)
    channel: str
    purposes: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    granted: bool
    source: str
    wording_version: str
    at: datetime = _moment()


class HistoryRow(Table, table=True):
    """What happened to a member's record: field names and ids, never the values."""

    __tablename__ = "history"

    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(), primary_key=True))
    member_id: UUID = _of_member(index=True)
    at: datetime = _moment()
    what: str
    detail: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))


class ErasedRow(Table, table=True):
    """The marker that stays: no data, only that this id is not to come back."""

    __tablename__ = "erased"
    __table_args__ = (Index("erased_untombstoned", "at", postgresql_where="tombstoned_at IS NULL"),)

    member_id: UUID = Field(primary_key=True)
    version: int
    reason: str
    at: datetime = _moment()
    tombstoned_at: datetime | None = _moment(default=None)


class BodyChangeRow(Table, table=True):
    """A body that moved or was renamed: the members below it are published again, from `cursor` on."""

    __tablename__ = "body_changes"

    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(), primary_key=True))
    body: str
    cursor: UUID | None = None
    at: datetime = _moment()


class ReceivedRow(Table, table=True):
    """An event that another system posted, by its key; the digest tells a repeat from another body."""

    __tablename__ = "received_events"

    source: str = Field(primary_key=True)
    event_id: str = Field(primary_key=True)
    digest: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    answer: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    """Kept as text, so that a repeat gets the very same answer."""
    received_at: datetime = _moment(index=True)


class ImportRow(Table, table=True):
    """A roll that was checked, and perhaps applied."""

    __tablename__ = "imports"

    import_id: UUID = Field(primary_key=True)
    client_id: str
    header: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    checked_at: datetime = _moment(index=True)
    applied_at: datetime | None = _moment(default=None)
    rows: int
    people: int
    new: int
    changed: int
    unchanged: int


class ImportPersonRow(Table, table=True):
    """A person of a roll, waiting to be applied; `outcome` None until then."""

    __tablename__ = "import_people"
    __table_args__ = (
        Index("import_people_waiting", "import_id", "position", postgresql_where="outcome IS NULL"),
        Index("import_people_number", "membership_number"),
    )

    import_id: UUID = _of_import(primary_key=True)
    position: int = Field(primary_key=True)
    membership_number: str
    lines: list[int] = Field(sa_column=Column(JSONB, nullable=False))
    rows: list[list[str]] = Field(sa_column=Column(JSONB, nullable=False))
    record: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    outcome: str | None = None


class ImportRejectionRow(Table, table=True):
    """A row that stays out, as it came, and why; `applied` when the refusal came at the second step."""

    __tablename__ = "import_rejections"

    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(), primary_key=True))
    import_id: UUID = _of_import(index=True)
    line: int
    column: str
    reason: str
    cells: list[str] = Field(sa_column=Column(JSONB, nullable=False))
    membership_number: str | None = Field(default=None, index=True)
    applied: bool = False


class ImportLeaverRow(Table, table=True):
    """A member of a branch in the roll who is not on it: reported, never removed."""

    __tablename__ = "import_leavers"

    import_id: UUID = _of_import(primary_key=True)
    member_id: UUID = _of_member(primary_key=True)
    branch: str = Field(primary_key=True)


class ClientRow(Table, table=True):
    """Another system that may ask for tokens."""

    __tablename__ = "clients"

    client_id: str = Field(primary_key=True)
    secret_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    salt: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    scopes: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    branch: str | None = None
    created_at: datetime = _moment()


class KeyRow(Table, table=True):
    """A signing key; the private half is sealed."""

    __tablename__ = "signing_keys"

    kid: str = Field(primary_key=True)
    public: str
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    signs_from: datetime = _moment()
    published_until: datetime | None = _moment(default=None)


class RateRow(Table, table=True):
    """GCRA: the theoretical arrival time of the next try of a client or from an address."""

    __tablename__ = "token_rates"

    key: str = Field(primary_key=True)
    arrival: datetime = _moment(index=True)


METADATA: tuple[MetaData, ...] = (tables.metadata, Table.metadata)
