"""Statements on dead letters, each for any number of rows. A letter is named topic/partition/offset."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from chassis.db.statements import run
from chassis.db.tables import DEAD_LETTER_OPEN, dead_letters
from chassis.kafka.batch import Latest, RawRecord
from sqlalchemy.dialects.postgresql import insert
from sqlmodel.ext.asyncio.session import AsyncSession

REPLACED = "a later record of the same key has replaced it"


class State(StrEnum):
    """What became of a letter. One that is kept or was refused may be replayed."""

    KEPT = "kept"
    WAITING = "waiting"
    DONE = "done"
    REFUSED = "refused"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class Replay:
    """What became of a letter, who asked for its replay, and when."""

    state: str
    why: str
    by: str | None
    asked_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter without its record's content; `bytes` is the length of the value."""

    letter: str
    group: str
    reason: str
    attempts: int
    written_at: datetime
    key: bytes | None
    bytes: int
    replay: Replay


@dataclass(frozen=True, slots=True)
class Content:
    """A letter's record; `topic` is without the installation's prefix, `headers` names and values in turn."""

    row: int
    group: str
    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[bytes]

    def record(self) -> RawRecord:
        """As it was fetched."""
        names = (name.decode() for name in self.headers[::2])
        return RawRecord(
            **{name: getattr(self, name) for name in ("topic", "partition", "offset", "timestamp", "key", "value")},
            headers=tuple(zip(names, self.headers[1::2], strict=True)),
            timestamp_type=0,
            checksum=None,
            serialized_key_size=len(self.key or b""),
            serialized_value_size=len(self.value or b""),
        )


_NAME = """ topic || '/' || partition || '/' || "offset" """
_NAMED = f"(CAST(:letters AS text[]) IS NULL OR {_NAME} = ANY (CAST(:letters AS text[])))"
_CONTENT = 'SELECT id, consumer_group, topic, partition, "offset", timestamp, key, value, headers FROM dead_letters'
_LIST = f"""
    SELECT {_NAME}, consumer_group, reason, attempts, written_at, key, coalesce(octet_length(value), 0),
        state, why, asked_by, asked_at, ended_at
    FROM dead_letters WHERE {_NAMED} ORDER BY id
"""  # noqa: S608 - texts of ours
_REPLACE_OLDER = f"""
    UPDATE dead_letters AS old SET state = 'replaced', why = '{REPLACED}', ended_at = :now
    FROM unnest(CAST(:topics AS text[]), CAST(:partitions AS integer[]), CAST(:keys AS bytea[]),
        CAST(:offsets AS bigint[])) AS later (topic, partition, key, "offset")
    WHERE old.consumer_group = :group AND old.topic = later.topic AND old.partition = later.partition
        AND old.key = later.key AND old."offset" < later."offset" AND {DEAD_LETTER_OPEN}
"""  # noqa: S608
_ERASE = "DELETE FROM dead_letters WHERE subjects && CAST(:members AS text[])"
_ERASE_LATE = """
    DELETE FROM dead_letters WHERE id IN (
        SELECT id FROM dead_letters CROSS JOIN unnest(subjects) AS subject
        JOIN ({erased}) AS gone ON gone.member_id = CAST(subject AS uuid))
"""
"""Each subject is looked up by its key: the erased grow in number, the letters do not."""
_COUNT = f"""
    SELECT topic, CASE WHEN attempts = 0 THEN 'unreadable' WHEN reason LIKE 'bug: %' THEN 'bug' ELSE 'refused' END,
        count(*)
    FROM dead_letters WHERE {DEAD_LETTER_OPEN} GROUP BY 1, 2
"""  # noqa: S608
_ASK = f"""
    UPDATE dead_letters SET state = 'waiting', why = '', asked_by = :by, asked_at = :now, ended_at = NULL
    WHERE {_NAMED} AND state IN ('kept', 'refused') RETURNING {_NAME}
"""  # noqa: S608
_COUNT_WAITING = f"SELECT count(*) FROM dead_letters WHERE state = 'waiting' AND {_NAMED}"  # noqa: S608
_ONE = f"{_CONTENT} WHERE {_NAME} = :letter"
_WAITING = f"""
    {_CONTENT} WHERE state = 'waiting' AND consumer_group = ANY (CAST(:groups AS text[]))
    ORDER BY asked_at, topic, partition, "offset" LIMIT :most
"""
_END = """
    UPDATE dead_letters SET state = :state, why = :why, ended_at = :now
    WHERE id = ANY (CAST(:rows AS bigint[])) AND state = 'waiting'
"""


async def add(session: AsyncSession, rows: Sequence[Mapping[str, object]]) -> None:
    """Rows by their columns; a record that is there already stays as it is."""
    await session.execute(insert(dead_letters).on_conflict_do_nothing(), list(rows))


async def replace_older(session: AsyncSession, group: str, latest: Latest, now: datetime) -> None:
    """Letters below the latest record of their key can no longer be replayed: on a compacted topic each record is a
    full snapshot, and an older one would undo what came later."""
    topics, partitions, keys = zip(*latest, strict=True)
    places = {"topics": topics, "partitions": partitions, "keys": keys, "offsets": latest.values()}
    arrays = {name: list(values) for name, values in places.items()}
    await run(session, _REPLACE_OLDER, group=group, now=now, **arrays)


async def erase(session: AsyncSession, members: Collection[UUID]) -> None:
    """Delete every letter about one of these."""
    await run(session, _ERASE, members=[str(member) for member in members])


async def erase_late(session: AsyncSession, erased: str) -> int:
    """Delete letters that were written after the erasure of a member they are about, or at the same moment; how many.

    `erased` is the service's query for the `member_id` of every erased member.
    """
    return (await run(session, _ERASE_LATE.format(erased=erased))).rowcount


async def counts(session: AsyncSession) -> list[tuple[str, str, int]]:
    """How many may still be replayed, by topic and kind of reason: unreadable, refused or bug."""
    return [(topic, reason, count) for topic, reason, count in await run(session, _COUNT)]


async def listed(session: AsyncSession, letters: Collection[str] | None = None) -> list[Letter]:
    """These, or all; the oldest first."""
    rows = await run(session, _LIST, letters=None if letters is None else list(letters))
    found: list[list[Any]] = [[*row[:7], Replay(*row[7:])] for row in rows]
    return [Letter(*columns) for columns in found]


async def content(session: AsyncSession, letter: str) -> Content:
    """The record of one."""
    return Content(*(await run(session, _ONE, letter=letter)).one())


async def ask(session: AsyncSession, letters: Collection[str] | None, by: str, now: datetime) -> set[str]:
    """Have these, or all, replayed by the running service. Gives those of which that may be asked."""
    return set((await run(session, _ASK, letters=None if letters is None else list(letters), by=by, now=now)).scalars())


async def count_waiting(session: AsyncSession, letters: Collection[str]) -> int:
    """How many of these wait for the running service."""
    return int((await run(session, _COUNT_WAITING, letters=list(letters))).scalar_one())


async def waiting(session: AsyncSession, groups: Collection[str], most: int) -> list[Content]:
    """Those asked for first, of one group; a partition's in order."""
    found = [Content(*row) for row in await run(session, _WAITING, groups=list(groups), most=most)]
    return [one for one in found if one.group == found[0].group]


async def end(session: AsyncSession, rows: Collection[int], state: State, now: datetime, why: str = "") -> int:
    """Mark those of these that wait; how many did. The others were replayed by another replica."""
    given = {"rows": list(rows), "state": state.value, "why": storable(why), "now": now}
    return (await run(session, _END, **given)).rowcount


def storable(reason: str) -> str:
    """Without the one character that PostgreSQL's text cannot hold."""
    return reason.replace("\0", "\N{REPLACEMENT CHARACTER}")
