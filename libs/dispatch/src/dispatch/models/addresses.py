"""What is known of addresses, and what came in from them."""

from dispatch.models.base import metadata, when
from sqlalchemy import (
    CheckConstraint,
    Column,
    Index,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)

bad_addresses = Table(
    "bad_addresses",
    metadata,
    Column("address_hash", Text, primary_key=True),
    Column("code", Text, nullable=False),
    when("at", nullable=False),
    Index("bad_addresses_by_time", "at"),
)

suppressions = Table(
    "suppressions",
    metadata,
    Column("address_hash", Text, primary_key=True),
    when("since", nullable=False),
    Column("source", Text, nullable=False),
    when("lifted_at"),
    Column("reply_id", Uuid),  # the text that was the STOP, if it was one
    Index("suppressions_by_source", "source", postgresql_where=text("lifted_at IS NULL")),
)

address_holds = Table(
    "address_holds",
    metadata,
    Column("address_hash", Text, primary_key=True),
    Column("hold_id", Uuid, nullable=False, unique=True),
    when("since", nullable=False),
    Column("words", Text, nullable=False),
    Index("address_holds_by_time", "since"),
)

inbound_watermark = Table(
    "inbound_watermark",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    when("until", nullable=False),
    CheckConstraint("id = 1"),
)

replies_taken = Table(
    "replies_taken",
    metadata,
    Column("reply_id", Uuid, primary_key=True),
    when("at", nullable=False),
    Index("replies_taken_by_time", "at"),
)
