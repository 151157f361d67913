"""The chassis' own tables; every service has them in its own database.

The first migration of each service creates them from here, so that they are described once. After the first release a
change is a migration like any other, and the first one must then be frozen as it was released.
"""

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
    UniqueConstraint,
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
"""How often each running process has counted, and since when it misses what it had committed: see `restore_guard`."""

consumed = Table(
    "consumed",
    metadata,
    Column("consumer_group", Text, primary_key=True),
    Column("topic", Text, primary_key=True),
    Column("partition", Integer, primary_key=True),
    Column("next_offset", BigInteger, nullable=False),
    Column("next_timestamp", DateTime(timezone=True)),
)

dead_letters = Table(
    "dead_letters",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=True),
    Column("consumer_group", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("partition", Integer, nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("timestamp", BigInteger, nullable=False),
    Column("key", LargeBinary),
    Column("value", LargeBinary),
    Column("headers", ARRAY(LargeBinary), nullable=False),
    Column("subjects", ARRAY(Text), nullable=False),
    Column("reason", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("written_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("state", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("asked_by", Text),
    Column("asked_at", DateTime(timezone=True)),
    Column("ended_at", DateTime(timezone=True)),
    UniqueConstraint("consumer_group", "topic", "partition", "offset", name="dead_letters_once"),
    Index("dead_letters_by_subject", "subjects", postgresql_using="gin"),
    Index("dead_letters_by_key", "key", postgresql_using="hash"),
    Index("dead_letters_waiting", "asked_at", postgresql_where="state = 'waiting'"),
)
"""Records that a consumer group could not use. `timestamp` is the broker's, in milliseconds; `headers` holds names and
values in turn; `subjects` names the members whose erasure deletes the row; `attempts` counts calls of the handler, 0
for a record that could not be decoded. From `state` on: what became of a replay, see `dead_letters.sql.State`."""
