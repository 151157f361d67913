"""Upload of a roll: stored piece by piece as it comes, and queued for its check."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

from chassis.clock import Clock
from chassis.db.database import Database
from chassis.errors import Refused
from chassis.http.auth import Caller
from chassis.wakeup import Wakeup
from members.domain.imports.csv_file import Layout, read_layout
from members.domain.imports.states import QUEUED, RECEIVING
from members.models.imports import ImportRow
from members.repository import locks
from members.repository.imports import deletion, reports, uploads
from members.service.imports.reports import Report, existing, report
from sqlmodel.ext.asyncio.session import AsyncSession


@dataclass(slots=True)
class _Received:
    """What is known of a file when it has come whole."""

    size: int = 0
    lines: int = 0
    beginning: bytes = b""
    digest: Any = field(default_factory=sha256)


class ImportUploads:
    """Holds one piece of a file in memory at a time."""

    def __init__(self, database: Database, clock: Clock, wakeup: Wakeup) -> None:
        self._database, self._clock, self._wakeup = database, clock, wakeup

    async def receive(self, parts: AsyncIterator[bytes], caller: Caller, key: str | None) -> Report:
        """The queued import, or that of an earlier upload of the same file. Raises Refused for encoding or header."""
        import_id, queued = uuid4(), False
        try:
            await self._begin(import_id, caller)
            received = await self._store(import_id, parts)
            layout = read_layout(received.beginning, whole=received.size == len(received.beginning))
            answer = await self._queue(import_id, caller, key, received, layout)
            queued = answer.checked.import_id == import_id
        finally:
            if not queued:
                async with self._database.transaction() as session:
                    await deletion.delete_import(session, import_id)
        self._wakeup.set()
        return answer

    async def _begin(self, import_id: UUID, caller: Caller) -> None:
        row = ImportRow(
            import_id=import_id,
            client_id=caller.client_id,
            state=RECEIVING,
            uploaded_at=self._clock.now(),
            header=[],
            consent_days={},
            export_days=[],
            outcomes={},
        )
        async with self._database.transaction() as session:
            await reports.add(session, row)

    async def _store(self, import_id: UUID, parts: AsyncIterator[bytes]) -> _Received:
        received, piece, position = _Received(), bytearray(), 0
        async for part in parts:
            received.size += len(part)
            received.lines += part.count(b"\n")
            received.digest.update(part)
            piece += part
            while len(piece) >= uploads.PIECE:
                await self._store_piece(import_id, position, received, bytes(piece[: uploads.PIECE]))
                del piece[: uploads.PIECE]
                position += 1
        if piece:
            await self._store_piece(import_id, position, received, bytes(piece))
        return received

    async def _store_piece(self, import_id: UUID, position: int, received: _Received, data: bytes) -> None:
        received.beginning = received.beginning or data
        async with self._database.transaction() as session:
            await uploads.add_piece(session, import_id, position, data)

    async def _queue(
        self, import_id: UUID, caller: Caller, key: str | None, received: _Received, layout: Layout
    ) -> Report:
        digest = received.digest.digest()
        async with self._database.transaction() as session:
            earlier = await self._earlier(session, caller, key, digest)
            if earlier is not None:
                return await report(session, earlier)
            row = await existing(session, import_id, lock=True)
            row.state, row.idempotency_key, row.digest = QUEUED, key, digest
            row.header, row.separator, row.skipped = list(layout.header), layout.separator, layout.skipped
            row.size, row.offset, row.line = received.size, layout.offset, layout.line
            row.lines = received.lines
            return await report(session, row)

    async def _earlier(self, session: AsyncSession, caller: Caller, key: str | None, digest: bytes) -> ImportRow | None:
        """The import under this key; without a key, one of the same file that is not applied yet."""
        await locks.lock_name(session, f"import {caller.client_id} {key or digest.hex()}")
        if key is None:
            return await reports.standing(session, caller.client_id, digest)
        row = await reports.under_key(session, caller.client_id, key)
        if row is not None and row.digest != digest:
            raise Refused("was used for another file", field="idempotency-key")
        return row
