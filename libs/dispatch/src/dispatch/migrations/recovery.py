"""Remembers that the database was restored from a backup, and how far the world had got without it."""

from collections.abc import Callable


def upgrade(execute: Callable[[str], object]) -> None:
    """One row each time it happens."""
    execute(
        """CREATE TABLE recoveries (
            detected_at timestamptz PRIMARY KEY, since timestamptz NOT NULL, targets jsonb NOT NULL
        )"""
    )


def downgrade(execute: Callable[[str], object]) -> None:
    """Gone."""
    execute("DROP TABLE recoveries")
