"""Tables of imports of a roll."""

from datetime import datetime
from uuid import UUID

from members.models.base import Table, moment, part_of
from sqlalchemy import BigInteger, Column, Identity, Index, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field


class ImportRow(Table, table=True):
    """A roll that was checked; `applied_at` None: not applied yet."""

    __tablename__ = "imports"

    import_id: UUID = Field(primary_key=True)
    client_id: str
    header: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    checked_at: datetime = moment(index=True)
    applied_at: datetime | None = moment(default=None)
    rows: int
    people: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0


class ImportPersonRow(Table, table=True):
    """A person of a roll, waiting to be applied; `outcome` None until then."""

    __tablename__ = "import_people"
    __table_args__ = (
        Index("import_people_waiting", "import_id", "position", postgresql_where="outcome IS NULL"),
        Index("import_people_number", "membership_number"),
    )

    import_id: UUID = part_of("imports.import_id", primary_key=True)
    position: int = Field(primary_key=True)
    membership_number: str
    lines: list[int] = Field(sa_column=Column(JSONB, nullable=False))
    rows: list[list[str]] = Field(sa_column=Column(JSONB, nullable=False))
    record: dict[str, object] = Field(sa_column=Column(JSONB, nullable=False))
    outcome: str | None = None


class ImportRejectionRow(Table, table=True):
    """A rejected row, as it came, with the reason; `applied`: refused in the second step."""

    __tablename__ = "import_rejections"

    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(), primary_key=True))
    import_id: UUID = part_of("imports.import_id", index=True)
    line: int
    column: str
    reason: str
    cells: list[str] = Field(sa_column=Column(JSONB, nullable=False))
    membership_number: str | None = Field(default=None, index=True)
    applied: bool = False


class ImportLeaverRow(Table, table=True):
    """A present member of a branch in the roll who is not on it: reported, never removed."""

    __tablename__ = "import_leavers"

    import_id: UUID = part_of("imports.import_id", primary_key=True)
    member_id: UUID = part_of("members.member_id", primary_key=True)
    branch: str = Field(primary_key=True)
