"""Statements that a service sends to its database."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from chassis.db.database import Database
from sqlalchemy import event

Sent = tuple[str, int]
"""A statement, and how many items the lists have that it is given."""


@contextmanager
def sent_to(database: Database) -> Iterator[list[Sent]]:
    """What is sent in the meantime."""
    engine, sent = database.engine.sync_engine, list[Sent]()

    def note(_connection: object, _cursor: object, statement: str, parameters: Sequence[object], *_: object) -> None:
        sent.append((statement, sum(len(each) for each in parameters if isinstance(each, list))))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)
