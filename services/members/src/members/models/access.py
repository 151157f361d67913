"""Who may come in: clients, signing keys, rates of tries; and what already came in."""

from datetime import datetime
from typing import Any

from members.models.base import Table, moment
from sqlalchemy import Column, LargeBinary, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSON
from sqlmodel import Field


class ClientRow(Table, table=True):
    """Another system that may ask for tokens."""

    __tablename__ = "clients"

    client_id: str = Field(primary_key=True)
    secret_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    salt: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    scopes: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    branch: str | None = None
    created_at: datetime = moment()


class KeyRow(Table, table=True):
    """A signing key; the private half is sealed."""

    __tablename__ = "signing_keys"

    kid: str = Field(primary_key=True)
    public: str
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    signs_from: datetime = moment()
    published_until: datetime | None = moment(default=None)


class RateRow(Table, table=True):
    """GCRA: the theoretical arrival time of the next try of a client or from an address."""

    __tablename__ = "token_rates"

    key: str = Field(primary_key=True)
    arrival: datetime = moment(index=True)


class ReceivedRow(Table, table=True):
    """An event that another system posted, by its key; the digest tells a repeat from another body."""

    __tablename__ = "received_events"

    source: str = Field(primary_key=True)
    event_id: str = Field(primary_key=True)
    digest: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    answer: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    """Kept as text, so that a repeat gets the very same answer."""
    received_at: datetime = moment(index=True)
