"""The chassis' own tables; every service has them in its own database."""

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    Uuid,
    func,
)
from sqlalchemy.dialects.postgresql import ARRAY

metadata = MetaData()

OUTBOX_SHARDS = 2
"""A key belongs to one for ever; each has one relay at a time."""

outbox = Table(
    "outbox",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=True),
    Column("shard", SmallInteger, nullable=False),
    Column("topic", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("value", LargeBinary),
    Column("traceparent", Text),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Index("outbox_in_order", "shard", "id"),
)

beats = Table(
    "beats",
    metadata,
    Column("process", Uuid, primary_key=True),
    Column("beat", BigInteger, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
    Column("missed_since", DateTime(timezone=True)),
)
"""How often each running process has counted, and since when it misses what it had committed: see `beating`."""

consumed = Table(
    "consumed",
    metadata,
    Column("consumer_group", Text, primary_key=True),
    Column("topic", Text, primary_key=True),
    Column("partition", Integer, primary_key=True),
    Column("next_offset", BigInteger, nullable=False),
    Column("next_timestamp", DateTime(timezone=True)),
)

dead_letter_keys = Table(
    "dead_letter_keys",
    metadata,
    Column("key_id", Text, primary_key=True),
    Column("key", LargeBinary, nullable=False),
    Column("subjects", ARRAY(Text), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
)
"""One key a letter. `subjects` names whom it is about: erasing one of them drops the key, and so the letter."""

dead_letter_replays = Table(
    "dead_letter_replays",
    metadata,
    Column("letter", Text, primary_key=True),
    Column("subscription", Text, nullable=False),
    Column("place", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
)
"""Letters that somebody wants handled again. `place` is the letter's offset on the dead-letter topic; no bytes here."""
