"""State of an import, its rejected rows and its leavers."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar
from uuid import UUID

from chassis.db.database import Database
from chassis.errors import Conflict, NotFound
from members.domain.imports.states import APPLIED, APPLYING, CANCELLED, FAILED
from members.models.imports import ImportRejectionRow, ImportRow
from members.repository.imports import deletion
from members.repository.imports import reports as repository
from members.repository.imports.reports import Leaver
from sqlmodel.ext.asyncio.session import AsyncSession

T = TypeVar("T")
Pages = AsyncIterator[Sequence[T]]


@dataclass(frozen=True, slots=True)
class Report:
    """An import, and its present numbers of rejected rows and leavers."""

    checked: ImportRow
    rejected: int
    leavers: int


class ImportReports:
    """Reads what the two steps stored; of a file never more than `rows` at once."""

    def __init__(self, database: Database, *, rows: int = 5000) -> None:
        self._database, self._rows = database, rows

    async def get(self, import_id: UUID) -> Report:
        """Raises NotFound."""
        async with self._database.transaction() as session:
            return await report(session, await existing(session, import_id))

    async def page(self, after: UUID | None, limit: int) -> list[Report]:
        """The latest imports first, from after the one with the id `after`."""
        async with self._database.transaction() as session:
            return [await report(session, row) for row in await repository.page(session, after, limit)]

    async def cancel(self, import_id: UUID) -> Report:
        """End an import that is not applied; nothing of the file is kept. Raises NotFound or Conflict."""
        async with self._database.transaction() as session:
            row = await existing(session, import_id, lock=True)
            if row.state in (APPLYING, APPLIED) or row.outcomes:
                raise Conflict("it is being applied")
            if row.state != FAILED:
                row.state = CANCELLED
            await deletion.empty(session, import_id)
            return await report(session, row)

    async def rejected(self, import_id: UUID) -> tuple[Sequence[str], Pages[ImportRejectionRow]]:
        """The header of the file, and the rows that stayed out."""
        async with self._database.transaction() as session:
            row = await existing(session, import_id)
        return row.header, self._pages(partial(repository.rejections, import_id=import_id))

    async def leavers(self, import_id: UUID) -> Pages[Leaver]:
        """Present members of the branches in the roll who are not on it."""
        async with self._database.transaction() as session:
            await existing(session, import_id)
        return self._pages(partial(repository.leavers, import_id=import_id))

    async def _pages(self, fetch: Callable[..., Awaitable[Sequence[T]]]) -> Pages[T]:
        """Each fetched when the one before has been sent, and no connection held meanwhile."""
        page: Sequence[T] = ()
        while True:
            async with self._database.transaction() as session:
                page = await fetch(session, after=page[-1] if page else None, most=self._rows)
            if page:
                yield page
            if len(page) < self._rows:
                return


async def existing(session: AsyncSession, import_id: UUID, *, lock: bool = False) -> ImportRow:
    """Raises NotFound."""
    row = await repository.get(session, import_id, lock=lock)
    if row is None:
        raise NotFound("there is no such import")
    return row


async def report(session: AsyncSession, row: ImportRow) -> Report:
    """The present state."""
    rejected, leavers = await repository.counts(session, row.import_id)
    return Report(row, rejected, leavers)
