"""First step of an import: read the file, store its people, and find what applying it would do.

A background step of one replica reads a piece of the file at a time. Its people, its rejected rows and the place where
the next batch begins are stored in one transaction, so that the check goes on there after a crash.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from chassis.db.database import Database
from chassis.errors import Refused, Unavailable
from chassis.observability.logs import get
from members.domain.imports.csv_file import Layout, Line, read_window
from members.domain.imports.outcomes import check_outcome, rejections
from members.domain.imports.people import group_rows, person_of
from members.domain.imports.rows import Rejection, RollContent, read_rows
from members.domain.imports.states import CHECKED, CHECKING, FAILED, QUEUED
from members.domain.imports.stops import consent_days, export_days, lifting_days, standing_log, without_lifting
from members.domain.input_context import InputContext
from members.models.imports import ImportRow
from members.repository import locks, units
from members.repository import members as members_repository
from members.repository.imports import deletion, reports, staging, uploads
from members.service.change_writer import ChangeWriter
from members.service.imports.address_stops import AddressStops
from sqlmodel.ext.asyncio.session import AsyncSession

log = get(__name__)


class ImportCheck:
    """Writes nothing to members."""

    def __init__(self, database: Database, writer: ChangeWriter) -> None:
        self._database, self._writer, self._stops = database, writer, AddressStops(writer)

    async def step(self) -> bool:
        """Check the next part of the roll that was sent first; whether there was one. Raises Unavailable."""
        async with self._database.transaction() as session:
            row = await uploads.next_to_check(session)
            if row is None:
                return False
            data = await uploads.window(session, row)
            last = row.offset + len(data) >= row.size
            layout = Layout(tuple(row.header), row.separator, row.skipped, row.offset, row.line)
        try:
            await (self._check(row.import_id, layout, data, last=last) if data else self._finish(row.import_id))
        except Unavailable:
            raise
        except Refused as refused:
            await self._fail(row.import_id, refused)
        except Exception:
            log.exception("a roll cannot be checked", import_id=str(row.import_id))
            await self._fail(row.import_id, Refused("cannot be read by a fault of ours", field="body"))
        return True

    async def _check(self, import_id: UUID, layout: Layout, data: bytes, *, last: bool) -> None:
        context = self._writer.input_context()
        read = await asyncio.to_thread(read_window, data, layout, last=last)
        content = await asyncio.to_thread(read_rows, read.rows, layout.header, context)
        async with self._database.transaction() as session:
            await locks.lock(session, locks.MEMBER_SET, shared=True)
            row = await self._current(session, import_id)
            if row is not None and row.offset == layout.offset:
                await self._stage(session, row, read.rows, content, context)
                row.state, row.offset, row.line = CHECKING, layout.offset + read.size, read.line

    async def _current(self, session: AsyncSession, import_id: UUID) -> ImportRow | None:
        """The import, locked; None once it was cancelled."""
        row = await reports.get(session, import_id, lock=True)
        return row if row is not None and row.state in (QUEUED, CHECKING) else None

    async def _stage(
        self, session: AsyncSession, row: ImportRow, lines: Sequence[Line], content: RollContent, context: InputContext
    ) -> None:
        erased = await uploads.withdrawn(session, row.import_id)
        good = [each for each in content.rows if each.submitted.membership_number not in erased]
        bad = [each for each in content.rejections if each.membership_number not in erased]
        gone = {line for line, _ in lines} - {each.line for each in good} - {each.line for each in bad}
        numbers = {each.submitted.membership_number for each in good}
        taken = [read_rows(each, row.header, context) for each in await staging.take(session, row.import_id, numbers)]
        tree = await units.tree(session)
        # A body that is created in between is found when the roll is applied.
        people, misplaced = group_rows(good, tree, [person_of(each.rows) for each in taken])
        known = await members_repository.by_number(session, list(numbers), lock=False)
        stops = await self._stops.at(session, [*(person.submitted for person in people), *known.values()])
        checked: list[staging.CheckedPerson] = []
        rejected: list[Rejection] = [*bad, *misplaced, *(staging.withdrawal(line, row.header) for line in sorted(gone))]
        for person in people:
            number = person.submitted.membership_number
            before = known.get(number)
            try:
                log = standing_log(before, person.submitted, stops)
                expected = check_outcome(before, without_lifting(log, person.submitted), context.today)
            except Refused as refused:
                rejected += rejections([(each.line, each.cells) for each in person.rows], number, refused)
            else:
                checked.append(staging.CheckedPerson(person, expected, lifting_days(log, person.submitted)))
        await staging.stage(session, row.import_id, checked)
        await staging.reject(session, row.import_id, rejected)
        row.rows += len(lines)
        row.consent_days = dict(Counter(row.consent_days) + consent_days(good))

    async def _finish(self, import_id: UUID) -> None:
        context = self._writer.input_context()
        async with self._database.transaction() as session:
            row = await self._current(session, import_id)
            if row is not None:
                row.state, row.checked_at = CHECKED, context.now
                row.export_days = export_days(row.consent_days, context.today)
                await reports.store_expected(session, row)
                await reports.store_leavers(session, row, context.today)
                await uploads.discard(session, import_id)

    async def _fail(self, import_id: UUID, refused: Refused) -> None:
        """Refuse the file as a whole: nothing of it is kept."""
        async with self._database.transaction() as session:
            row = await self._current(session, import_id)
            if row is not None:
                row.state, row.fault_field, row.fault_reason = FAILED, refused.faults[0].field, refused.detail
                await deletion.empty(session, import_id)
