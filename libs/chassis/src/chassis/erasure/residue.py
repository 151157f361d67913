"""Where a service keeps members' data: declared by an entry point of the group `muster.erasures`."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import entry_points

from chassis.db.database import Database
from contracts.topics import Topic
from sqlmodel.ext.asyncio.session import AsyncSession


async def _nothing(_: AsyncSession, __: datetime) -> Mapping[str, int]:
    return {}


@dataclass(frozen=True, slots=True)
class Residue:
    """Where a service keeps what belongs to members."""

    erased: str
    """A query for the ids of the erased; as `gone (member_id)` it stands before each of `left`."""
    tables: tuple[str, ...]
    """Every table that holds or held something of a member; partitions are found by their parent."""
    left: Mapping[str, str] = field(default_factory=dict)
    """By name: a query that counts rows that still hold something of an erased member."""
    heard_by: str = ""
    """The consumer group that handles erasures; empty for the service that decides them."""
    clear: Callable[[AsyncSession, datetime], Awaitable[Mapping[str, int]]] = _nothing
    """Deletes what is no longer needed; how many rows, by name."""
    compacted: tuple[Topic, ...] = ()
    """Compacted topics of its own with snapshots of members."""
    replies: Topic | None = None
    """The topic of what members wrote, where this service answers for it."""
    withdraw: "Callable[[Database], Awaitable[ReportLine]] | None" = None
    """Has the provider delete its copies of messages to the erased, where it can."""


@dataclass(frozen=True, slots=True)
class ReportLine:
    """One thing that was examined. `left` says what remains and until when; empty: nothing."""

    part: str
    name: str
    did: str
    left: str = ""


def residues() -> dict[str, Callable[[], Residue]]:
    """By service: what loads its share."""
    return {entry.name: entry.load for entry in entry_points(group="muster.erasures")}
