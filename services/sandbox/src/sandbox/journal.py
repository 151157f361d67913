"""The judge's own book: append-only JSON lines, on disk before anything is answered.

A line is written with one `write` before its caller goes on, so it outlives a kill -9. With fsync on, callers that
`await safe()` at the same time share one fsync (group commit), so it outlives the machine, too.
"""

import asyncio
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
from sandbox.faults import Rule

Line = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a line stands, so that texts need not be kept in memory."""

    book: "Book"
    offset: int
    length: int

    def read(self) -> Line:
        """The line again."""
        line: Line = orjson.loads(os.pread(self.book.descriptor, self.length, self.offset))
        return line


class Book:
    """One file of the journal."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        self._end = os.fstat(self.descriptor).st_size
        self.lines = 0
        self.dirty = False
        if self._end and os.pread(self.descriptor, 1, self._end - 1) != b"\n":
            self._write(b"\n")  # a torn last line stays by itself and is passed over

    def append(self, line: Line) -> Place:
        """Write a line; it is in the file when this returns."""
        data = orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)
        place = Place(self, self._end, len(data))
        self._write(data)
        self.lines += 1
        return place

    def read(self) -> Iterator[tuple[Place, Line]]:
        """Every whole line from the start; counts them."""
        self.lines, offset = 0, 0
        with self.path.open("rb") as file:
            for data in file:
                place = Place(self, offset, len(data))
                offset += len(data)
                try:
                    line = orjson.loads(data)
                except orjson.JSONDecodeError:
                    continue
                self.lines += 1
                yield place, line

    def _write(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self.descriptor, rest) :]
        self._end += len(data)
        self.dirty = True


class Journal:
    """All books, one a subject."""

    def __init__(self, directory: Path, *, fsync: bool) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.sms = Book(directory / "sms.jsonl")
        self.email = Book(directory / "email.jsonl")
        self.inbound = Book(directory / "inbound.jsonl")
        self.outcomes = Book(directory / "outcomes.jsonl")
        self.replies = Book(directory / "replies.jsonl")
        self.receipts = Book(directory / "receipts.jsonl")
        self.callbacks = Book(directory / "callbacks.jsonl")
        self.bounces = Book(directory / "bounces.jsonl")
        self.refused = Book(directory / "refused.jsonl")
        self.deletions = Book(directory / "deletions.jsonl")
        self.faults = Book(directory / "faults.jsonl")
        self.bodies = Book(directory / "bodies.jsonl")
        self._fsync, self._round = fsync, asyncio.Lock()
        self._asked, self._done = 0, 0
        self.rounds = 0
        """How many fsyncs there were."""

    def struck(self, rule: Rule, recipient: str | None, delivery_id: str | None) -> None:
        """A fault has fired."""
        known = {"kind": rule.kind, "stage": rule.at, "to": recipient, "delivery_id": delivery_id}
        code = rule.code if rule.kind == "smtp.reply" else None
        self.faults.append(known | {"code": code, "at": stamp(time.time())})

    @property
    def books(self) -> tuple[Book, ...]:
        """In a fixed order."""
        return tuple(book for book in vars(self).values() if isinstance(book, Book))

    async def safe(self) -> None:
        """Return when all that was appended so far is as safe as the settings ask."""
        if not self._fsync:
            return
        self._asked += 1
        mine = self._asked
        async with self._round:
            if self._done >= mine:
                return
            covered = self._asked
            dirty = [book for book in self.books if book.dirty]
            for book in dirty:
                book.dirty = False
            await asyncio.to_thread(_fsync, dirty)
            self._done = covered
            self.rounds += 1

    def close(self) -> None:
        """Give the files back."""
        for book in self.books:
            os.close(book.descriptor)


def _fsync(books: Sequence[Book]) -> None:
    for book in books:
        os.fsync(book.descriptor)


def stamp(moment: float) -> str:
    """Unix seconds as ISO text in UTC with microseconds."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="microseconds")


def moment_of(text: str) -> float:
    """The reverse of `stamp`."""
    return datetime.fromisoformat(text).timestamp()
