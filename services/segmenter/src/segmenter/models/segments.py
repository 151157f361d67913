"""Stored segments."""

from datetime import datetime
from uuid import UUID

from segmenter.models.base import TIME, Table
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field


class Segment(Table, table=True):
    """A stored rule. `body` keeps it inside one body."""

    __tablename__ = "segments"
    segment_id: UUID = Field(primary_key=True)
    version: int
    name: str
    body: str | None = Field(default=None, index=True)
    rule: dict[str, object] = Field(sa_type=JSONB)
    created_by: str
    created_at: datetime = Field(sa_type=TIME)
    updated_by: str
    updated_at: datetime = Field(sa_type=TIME)
