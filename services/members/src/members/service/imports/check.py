"""First step of an import: read the file, store its people, and report what applying it would do."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from uuid import UUID, uuid4

from chassis.db.database import Database
from chassis.errors import Refused
from chassis.http.auth import Caller
from members.domain.imports.csv_file import membership_numbers
from members.domain.imports.outcomes import check_outcome, rejections
from members.domain.imports.people import Person, group_rows
from members.domain.imports.rows import Rejection, read_roll
from members.domain.input_context import InputContext
from members.domain.units import UnitTree
from members.models.imports import ImportRow
from members.repository import erasures, locks, units
from members.repository import members as members_repository
from members.repository.imports import reports, staging
from members.service.change_writer import CHUNK, ChangeWriter
from members.service.imports.reports import Report, report
from sqlmodel.ext.asyncio.session import AsyncSession


class ImportCheck:
    """Writes nothing to members."""

    def __init__(self, database: Database, writer: ChangeWriter) -> None:
        self._database, self._writer = database, writer

    async def check(self, data: bytes, caller: Caller) -> Report:
        """Raises Refused when the file as a whole cannot be read."""
        context = self._writer.input_context()
        tree, known = await self._state_before(data)
        content = await asyncio.to_thread(read_roll, data, context)
        # A body that is created in between is found when the roll is applied.
        people, misplaced = await asyncio.to_thread(group_rows, content.rows, tree)
        listed = await asyncio.to_thread(content.listed)
        async with self._database.transaction() as session:
            row = ImportRow(
                import_id=uuid4(),
                client_id=caller.client_id,
                header=list(content.header),
                checked_at=context.now,
                rows=len(content.rows) + len(content.rejections),
            )
            await reports.add(session, row)
            outcomes = await self._stage(session, row.import_id, people, context)
            await staging.reject(session, row.import_id, [*content.rejections, *misplaced])
            for number in await self._withdraw_erased(session, row, known):
                outcomes.pop(number, None)
            counts = Counter(outcomes.values())
            row.people, row.new = counts.total(), counts["new"]
            row.changed, row.unchanged = counts["changed"], counts["unchanged"]
            await reports.store_leavers(session, row.import_id, listed, context.today)
            return await report(session, row)

    async def _state_before(self, data: bytes) -> tuple[UnitTree, dict[str, UUID]]:
        """The bodies, and the members of the file's numbers, both as of one time: the beginning of the check."""
        async with self._database.transaction() as session:
            await locks.read_one_snapshot(session)
            tree = await units.tree(session)
            numbers = await asyncio.to_thread(membership_numbers, data)
            return tree, await members_repository.ids_of(session, numbers)

    async def _stage(
        self, session: AsyncSession, import_id: UUID, people: Sequence[Person], context: InputContext
    ) -> dict[str, str]:
        """The outcome of each person, by membership number."""
        outcomes: dict[str, str] = {}
        for first in range(0, len(people), CHUNK):
            chunk = people[first : first + CHUNK]
            numbers = [person.submitted.membership_number for person in chunk]
            known = await members_repository.by_number(session, numbers, lock=False)
            good: list[Person] = []
            rejected: list[Rejection] = []
            for person, number in zip(chunk, numbers, strict=True):
                try:
                    outcomes[number] = check_outcome(known.get(number), person.submitted, context.today)
                    good.append(person)
                except Refused as refused:
                    rejected += rejections([(row.line, row.cells) for row in person.rows], number, refused)
            await staging.stage(session, import_id, good, first)
            await staging.reject(session, import_id, rejected)
        return outcomes

    async def _withdraw_erased(self, session: AsyncSession, row: ImportRow, known: dict[str, UUID]) -> list[str]:
        """Delete the people who were erased since the check began, so that they do not come back as new members.

        Returns their numbers. From here to the commit no member is erased: an earlier erasure has left a marker, and a
        later one deletes what was staged.
        """
        await locks.lock(session, locks.MEMBER_SET)
        erased = await erasures.erased(session, known.values())
        numbers = [number for number, member_id in known.items() if member_id in erased]
        lines = await staging.withdraw(session, row.import_id, numbers)
        blank = ("",) * len(row.header)
        reason = "belonged to somebody who was erased while the roll was checked"
        withdrawn = [Rejection(line, "membership_number", reason, blank) for line in lines]
        await staging.reject(session, row.import_id, withdrawn)
        return numbers
