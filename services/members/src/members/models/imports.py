"""Tables of imports of a roll."""

from datetime import date, datetime
from uuid import UUID

from members.models.base import Table, moment, part_of
from sqlalchemy import BigInteger, Column, Date, Identity, Index, LargeBinary, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field


class ImportRow(Table, table=True):
    """A roll: received, then checked from `offset` (bytes) after `line` (lines) on, then applied."""

    __tablename__ = "imports"
    __table_args__ = (
        UniqueConstraint("client_id", "idempotency_key"),
        Index("imports_by_time", "uploaded_at", "import_id"),
        Index("imports_to_do", "state", postgresql_where="state IN ('queued', 'checking', 'applying')"),
    )

    import_id: UUID = Field(primary_key=True)
    client_id: str
    idempotency_key: str | None = None
    digest: bytes = b""
    state: str
    uploaded_at: datetime = moment()
    checked_at: datetime | None = moment(default=None)
    applied_at: datetime | None = moment(default=None)
    fault_field: str = ""
    fault_reason: str = ""
    header: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    separator: str = ","
    skipped: int = 0
    size: int = Field(default=0, sa_type=BigInteger)
    offset: int = Field(default=0, sa_type=BigInteger)
    lines: int = 0
    line: int = 0
    rows: int = 0
    people: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    stops: int = 0
    stops_kept: int = 0
    consent_days: dict[str, int] = Field(sa_column=Column(JSONB, nullable=False))
    export_days: list[date] = Field(sa_column=Column(ARRAY(Date), nullable=False))
    lift_stops: bool = False
    outcomes: dict[str, int] = Field(sa_column=Column(JSONB, nullable=False))
    """Number of people applied so far, by outcome."""


class ImportPieceRow(Table, table=True):
    """A piece of the file of a roll, until the roll is checked."""

    __tablename__ = "import_pieces"

    import_id: UUID = part_of("imports.import_id", primary_key=True)
    position: int = Field(primary_key=True)
    data: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class ImportWithdrawalRow(Table, table=True):
    """The number of somebody who was erased after the roll was sent and before it is checked."""

    __tablename__ = "import_withdrawals"

    import_id: UUID = part_of("imports.import_id", primary_key=True)
    membership_number: str = Field(primary_key=True)


class ImportPersonRow(Table, table=True):
    """A person of a roll, waiting to be applied; `position` is the line of their first row.

    `expected` is the outcome that the check found, `lifting_days` the days of consents that would lift a withdrawal,
    `outcome` None until they are applied.
    """

    __tablename__ = "import_people"
    __table_args__ = (
        Index("import_people_waiting", "import_id", "position", postgresql_where="outcome IS NULL"),
        Index("import_people_number", "membership_number", "import_id"),
    )

    import_id: UUID = part_of("imports.import_id", primary_key=True)
    position: int = Field(primary_key=True)
    membership_number: str
    lines: list[int] = Field(sa_column=Column(JSONB, nullable=False))
    rows: list[list[str]] = Field(sa_column=Column(JSONB, nullable=False))
    record: dict[str, object] = Field(sa_column=Column(JSONB, nullable=False))
    expected: str
    lifting_days: list[date] = Field(sa_column=Column(ARRAY(Date), nullable=False))
    outcome: str | None = None


class ImportRejectionRow(Table, table=True):
    """A rejected row, as it came, with the reason; `mentions`: what a person may be found by in it; `applied`: refused
    in the second step."""

    __tablename__ = "import_rejections"
    __table_args__ = (Index("import_rejections_mentions", "mentions", postgresql_using="gin"),)

    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(), primary_key=True))
    import_id: UUID = part_of("imports.import_id", index=True)
    line: int
    column: str
    reason: str
    cells: list[str] = Field(sa_column=Column(JSONB, nullable=False))
    mentions: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    membership_number: str | None = Field(default=None, index=True)
    applied: bool = False


class ImportLeaverRow(Table, table=True):
    """A present member of a branch in the roll who is not on it: reported, never removed."""

    __tablename__ = "import_leavers"

    import_id: UUID = part_of("imports.import_id", primary_key=True)
    member_id: UUID = part_of("members.member_id", primary_key=True, index=True)
    branch: str = Field(primary_key=True)
