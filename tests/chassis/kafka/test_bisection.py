"""A batch is halved until the record that a handler cannot use stands alone."""

import pytest
from chassis.kafka.batch import Batch, Poison, decode_all
from chassis.kafka.poison_search import bisect
from contracts.events.union_events import MeetingScheduled
from contracts.topics import UNION_EVENTS
from sqlalchemy.exc import DBAPIError

from tests.chassis.poison import meeting_record


class DatabaseRefusal(Exception):
    """As the driver raises it."""

    def __init__(self, sqlstate: str) -> None:
        super().__init__(sqlstate)
        self.sqlstate = sqlstate


def batch_of(*meetings: str) -> Batch:
    records = [meeting_record(offset, meeting) for offset, meeting in enumerate(meetings)]
    return decode_all(records, {UNION_EVENTS.name: UNION_EVENTS}, "notes")


def ids_of(batch: Batch) -> list[str]:
    return [item.event.meeting_id for item in batch.events if isinstance(item.event, MeetingScheduled)]


async def never(_: Batch, poison: Poison) -> None:
    raise AssertionError(f"refused: {poison.reason}")


async def test_what_the_database_refuses_together_is_handled_one_by_one() -> None:
    """SQLSTATE 21000: one INSERT with ON CONFLICT DO UPDATE meets the same row twice."""
    handled: list[str] = []

    async def handle(batch: Batch) -> None:
        if len(batch.events) > 1:
            raise DBAPIError("INSERT", None, DatabaseRefusal("21000"))
        handled.extend(ids_of(batch))

    await bisect(batch_of("a", "b", "c"), handle, never)
    assert handled == ["a", "b", "c"]


async def test_a_record_that_the_database_refuses_alone_is_no_fault_of_the_record() -> None:
    """SQLSTATE 42P01: a table is missing. Nothing after it is handled, and it is no dead letter."""
    handled: list[str] = []

    async def handle(batch: Batch) -> None:
        if "b" in ids_of(batch):
            raise DBAPIError("INSERT", None, DatabaseRefusal("42P01"))
        handled.extend(ids_of(batch))

    with pytest.raises(DBAPIError):
        await bisect(batch_of("a", "b", "c", "d"), handle, never)
    assert handled == ["a"]
