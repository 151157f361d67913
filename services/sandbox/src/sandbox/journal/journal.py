"""The journal: all its files, and their fsync.

A line is written with one `write` before its caller goes on, so that it survives a kill -9 of the process. With fsync
on, callers that `await flush()` at the same time share one fsync (group commit), so that it survives a power failure.
"""

import asyncio
import os
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from sandbox.faults.rules import Rule
from sandbox.journal import lines
from sandbox.journal.writer import Writer


class AnyWriter(Protocol):
    """A writer, whatever its lines are."""

    name: str
    descriptor: int
    lines: int
    dirty: bool


class Journal:
    """All files, one for each subject."""

    def __init__(self, folder: Path, *, fsync: bool) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.sms = Writer(folder, lines.SMS)
        self.email = Writer(folder, lines.EMAIL)
        self.inbound = Writer(folder, lines.INBOUND)
        self.outcomes = Writer(folder, lines.OUTCOMES)
        self.replies = Writer(folder, lines.REPLIES)
        self.receipts = Writer(folder, lines.RECEIPTS)
        self.callbacks = Writer(folder, lines.CALLBACKS)
        self.bounces = Writer(folder, lines.BOUNCES)
        self.refused = Writer(folder, lines.REFUSED)
        self.deletions = Writer(folder, lines.DELETIONS)
        self.faults = Writer(folder, lines.FAULTS)
        self.bodies = Writer(folder, lines.BODIES)
        self._fsync, self._lock = fsync, asyncio.Lock()
        self._requested, self._flushed = 0, 0
        self.rounds = 0
        """How many fsyncs there were."""

    def record_fault(self, rule: Rule, recipient: str | None, delivery_id: str | None) -> None:
        """Record that a fault was injected."""
        self.faults.append(
            {
                "kind": rule.kind,
                "stage": rule.at,
                "to": recipient,
                "delivery_id": delivery_id,
                "code": rule.code if rule.kind == "smtp.reply" else None,
                "at": timestamp(time.time()),
            }
        )

    @property
    def files(self) -> tuple[AnyWriter, ...]:
        """All files, in a fixed order."""
        return tuple(writer for writer in vars(self).values() if isinstance(writer, Writer))

    async def flush(self) -> None:
        """Return when all that was appended so far is as durable as the settings ask."""
        if not self._fsync:
            return
        self._requested += 1
        mine = self._requested
        async with self._lock:
            if self._flushed >= mine:
                return
            covered = self._requested
            dirty = [writer for writer in self.files if writer.dirty]
            for writer in dirty:
                writer.dirty = False
            await asyncio.to_thread(_fsync, dirty)
            self._flushed = covered
            self.rounds += 1

    def close(self) -> None:
        """Close the files."""
        for writer in self.files:
            os.close(writer.descriptor)


def _fsync(writers: Sequence[AnyWriter]) -> None:
    for writer in writers:
        os.fsync(writer.descriptor)


def timestamp(moment: float) -> str:
    """Unix seconds as ISO text in UTC with microseconds."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="microseconds")


def unix_seconds(text: str) -> float:
    """The reverse of `timestamp`."""
    return datetime.fromisoformat(text).timestamp()
