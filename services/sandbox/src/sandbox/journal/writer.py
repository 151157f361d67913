"""Appending to one file of the journal, and reading a line again by its position."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import orjson
from sandbox.journal.lines import JournalFile

L = TypeVar("L")


@dataclass(frozen=True, slots=True)
class Position(Generic[L]):
    """Where a line is, so that message bodies need not be kept in memory."""

    writer: "Writer[L]"
    offset: int
    length: int

    def read(self) -> L:
        """The line, read from the file."""
        line: L = orjson.loads(os.pread(self.writer.descriptor, self.length, self.offset))
        return line


class Writer(Generic[L]):
    """An open file of the journal. A torn last line is closed with a newline, so that the next stands by itself."""

    def __init__(self, folder: Path, file: JournalFile[L]) -> None:
        self.name, self._file, self._folder = file.name, file, folder
        self.descriptor = os.open(folder / file.name, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        self._end = os.fstat(self.descriptor).st_size
        self.lines = 0
        self.dirty = False
        if self._end and os.pread(self.descriptor, 1, self._end - 1) != b"\n":
            self._write(b"\n")

    def append(self, line: L) -> Position[L]:
        """Write a line; it is in the file when this returns."""
        data = orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)
        position = Position(self, self._end, len(data))
        self._write(data)
        self.lines += 1
        return position

    def read(self) -> Iterator[tuple[Position[L], L]]:
        """Every whole line from the start; counts them."""
        self.lines = 0
        for offset, length, line in self._file.positions(self._folder):
            self.lines += 1
            yield Position(self, offset, length), line

    def _write(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self.descriptor, rest) :]
        self._end += len(data)
        self.dirty = True
