"""Tables of the union's bodies, and of changes that are still to be published."""

from datetime import datetime
from uuid import UUID

from members.models.base import Table, moment
from sqlalchemy import BigInteger, Column, Identity, Index, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field


class UnitRow(Table, table=True):
    """A body; `path` is stored so that a subtree is one look-up."""

    __tablename__ = "bodies"
    __table_args__ = (Index("bodies_path", "path", postgresql_using="gin"),)

    id: str = Field(primary_key=True)
    kind: str
    name: str
    parent: str | None = Field(default=None, foreign_key="bodies.id")
    path: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    version: int


class UnitChangeRow(Table, table=True):
    """A body that moved or was renamed: the members below it are published again, from `cursor` on."""

    __tablename__ = "body_changes"

    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(), primary_key=True))
    body: str
    cursor: UUID | None = None
    at: datetime = moment()
