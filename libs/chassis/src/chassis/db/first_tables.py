"""The chassis' tables as every service's first migration makes them; `tables` describes them to the code.

`execute` is Alembic's `op.execute` or anything that runs one statement. A test of each service compares both.
"""

from collections.abc import Callable

_MADE = (
    """CREATE TABLE beats (
        process uuid PRIMARY KEY, beat bigint NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp(),
        missed_since timestamptz
    )""",
    """CREATE TABLE consumed (
        consumer_group text, topic text, partition integer, next_offset bigint NOT NULL, next_timestamp timestamptz,
        PRIMARY KEY (consumer_group, topic, partition)
    )""",
    """CREATE TABLE dead_letter_keys (
        key_id text PRIMARY KEY, key bytea NOT NULL, subjects text[] NOT NULL, expires_at timestamptz NOT NULL
    )""",
    """CREATE TABLE dead_letter_replays (
        letter text PRIMARY KEY, subscription text NOT NULL, place bigint NOT NULL, state text NOT NULL,
        why text NOT NULL, asked_by text NOT NULL, asked_at timestamptz NOT NULL, ended_at timestamptz
    )""",
    """CREATE TABLE outbox (
        id bigserial PRIMARY KEY, shard smallint NOT NULL, topic text NOT NULL, key text NOT NULL, value bytea,
        traceparent text, created_at timestamptz NOT NULL DEFAULT now()
    )""",
    "CREATE INDEX outbox_in_order ON outbox (shard, id)",
)
_NAMES = ("outbox", "dead_letter_replays", "dead_letter_keys", "consumed", "beats")


def upgrade(execute: Callable[[str], object]) -> None:
    """All of them."""
    for statement in _MADE:
        execute(statement)


def downgrade(execute: Callable[[str], object]) -> None:
    """Gone."""
    for name in _NAMES:
        execute(f"DROP TABLE {name}")
