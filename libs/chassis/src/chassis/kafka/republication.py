"""A service publishes again what stands on the compacted topics that it owns, after the broker was rebuilt.

A service that owns one names its function by an entry point of the group `muster.republications`. It puts the present
snapshots in the outbox, under the versions that they have: who knows them ignores them.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points

from chassis.db.database import Database
from chassis.kafka.positions import Accepted, accept_rebuilt, any_lost


@dataclass(frozen=True, slots=True)
class Republished:
    """So many records were put in the outbox for a topic."""

    topic: str
    published: int


Republish = Callable[[], Awaitable[Sequence[Republished]]]


async def accept(database: Database, service: str) -> list[Republished | Accepted]:
    """Publish again and then read the rebuilt logs from their beginning; nothing where none was rebuilt. After a crash
    in between the next call does both."""
    async with database.transaction() as session:
        if not await any_lost(session):
            return []
    published: list[Republished] = []
    for entry in entry_points(group="muster.republications", name=service):
        republish: Republish = entry.load()
        published += await republish()
    async with database.transaction() as session:
        return [*published, *await accept_rebuilt(session)]
