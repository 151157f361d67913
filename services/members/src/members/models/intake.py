"""Table of events that other systems posted."""

from datetime import datetime

from members.models.base import Table, moment
from sqlalchemy import Column, LargeBinary
from sqlalchemy.dialects.postgresql import JSON
from sqlmodel import Field


class ReceivedRow(Table, table=True):
    """An accepted event by its key; the digest distinguishes a repeat from an event with other content."""

    __tablename__ = "received_events"

    source: str = Field(primary_key=True)
    event_id: str = Field(primary_key=True)
    digest: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    answer: dict[str, str] = Field(sa_column=Column(JSON, nullable=False))
    """JSON as text (not jsonb), so that a repeat gets the very same answer."""
    received_at: datetime = moment(index=True)
