"""The chassis' own tables; every service has them in its own database.

The first migration of each service creates them from here, so that they are described once. After the first release a
change is a migration like any other, and the first one must then be frozen as it was released.
"""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

metadata = sa.MetaData()

OUTBOX_SHARDS = 2
"""A key belongs to one for ever; each has one relay at a time."""

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=True),
    sa.Column("shard", sa.SmallInteger, nullable=False),
    sa.Column("topic", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("value", sa.LargeBinary),
    sa.Column("traceparent", sa.Text),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    sa.Index("outbox_in_order", "shard", "id"),
)

beats = sa.Table(
    "beats",
    metadata,
    sa.Column("process", sa.Uuid, primary_key=True),
    sa.Column("beat", sa.BigInteger, nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.clock_timestamp()),
    sa.Column("missed_since", sa.DateTime(timezone=True)),
)
"""How often each running process has counted, and since when it misses what it had committed: see `restore_guard`."""

consumed = sa.Table(
    "consumed",
    metadata,
    sa.Column("consumer_group", sa.Text, primary_key=True),
    sa.Column("topic", sa.Text, primary_key=True),
    sa.Column("partition", sa.Integer, primary_key=True),
    sa.Column("next_offset", sa.BigInteger, nullable=False),
    sa.Column("next_timestamp", sa.DateTime(timezone=True)),
    sa.Column("lost_since", sa.DateTime(timezone=True)),
)
"""How far each consumer group has read, stored with the effect; `lost_since`: since when the log is known to end before
that, because the broker was rebuilt."""

DEAD_LETTER_OPEN = "state IN ('kept', 'waiting', 'refused')"
"""It may still be replayed."""
dead_letters = sa.Table(
    "dead_letters",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=True),
    sa.Column("consumer_group", sa.Text, nullable=False),
    sa.Column("topic", sa.Text, nullable=False),
    sa.Column("partition", sa.Integer, nullable=False),
    sa.Column("offset", sa.BigInteger, nullable=False),
    sa.Column("timestamp", sa.BigInteger, nullable=False),
    sa.Column("key", sa.LargeBinary),
    sa.Column("value", sa.LargeBinary),
    sa.Column("headers", ARRAY(sa.LargeBinary), nullable=False),
    sa.Column("subjects", ARRAY(sa.Text), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("asked_by", sa.Text),
    sa.Column("asked_at", sa.DateTime(timezone=True)),
    sa.Column("ended_at", sa.DateTime(timezone=True)),
    sa.UniqueConstraint("consumer_group", "topic", "partition", "offset", name="dead_letters_once"),
    sa.Index("dead_letters_by_subject", "subjects", postgresql_using="gin"),
    sa.Index("dead_letters_by_key", "key", postgresql_using="hash"),
    sa.Index("dead_letters_waiting", "asked_at", postgresql_where="state = 'waiting'"),
    sa.Index("dead_letters_expiring", "expires_at"),
    sa.Index("dead_letters_open", "topic", postgresql_where=DEAD_LETTER_OPEN),
)
"""Records that a consumer group could not use. `timestamp` is the broker's, in milliseconds; `headers` holds names and
values in turn; `subjects` names the members whose erasure deletes the row; `attempts` counts calls of the handler, 0
for a record that could not be decoded. From `state` on: what became of a replay, see `dead_letters.sql.State`."""
