"""Tables of API clients, signing keys and token attempts."""

from datetime import datetime

from access.models.base import Table, moment
from sqlalchemy import Column, LargeBinary, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field


class ClientRow(Table, table=True):
    """A system that may ask for tokens."""

    __tablename__ = "clients"

    client_id: str = Field(primary_key=True)
    secret_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    salt: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    scopes: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    branch: str | None = None
    created_at: datetime = moment()


class SigningKeyRow(Table, table=True):
    """A signing key; `sealed` is the encrypted private key."""

    __tablename__ = "signing_keys"

    kid: str = Field(primary_key=True)
    public: str
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    signs_from: datetime = moment()
    published_until: datetime | None = moment(default=None)


class TokenRateRow(Table, table=True):
    """GCRA: the theoretical arrival time of the next token attempt of a client or from an address."""

    __tablename__ = "token_rates"

    key: str = Field(primary_key=True)
    arrival: datetime = moment(index=True)
