"""Second step of an import: store the people of a checked roll as members.

It goes in chunks, each one transaction with its own outbox rows. A crash loses the chunk in progress and nothing else;
applying again continues where it stopped, and changes nothing once every person has an outcome.
"""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date
from uuid import UUID

from chassis.db.database import Database
from chassis.errors import Conflict, Refused
from members.domain.imports.outcomes import apply_person, outcome, rejections
from members.domain.imports.rows import Rejection
from members.domain.imports.states import CHECKED
from members.domain.imports.stops import standing_log, without_lifting
from members.domain.input_context import InputContext
from members.repository import locks, units
from members.repository import members as members_repository
from members.repository.imports import staging
from members.service.change_writer import CHUNK, Change, ChangeWriter
from members.service.imports.address_stops import AddressStops
from members.service.imports.reports import existing
from sqlmodel.ext.asyncio.session import AsyncSession


class ImportApplication:
    """Writes members."""

    def __init__(self, database: Database, writer: ChangeWriter) -> None:
        self._database, self._writer, self._stops = database, writer, AddressStops(writer)

    async def apply(self, import_id: UUID, *, lift_stops: bool) -> None:
        """Apply everybody who has no outcome yet. Raises NotFound."""
        while await self._apply_chunk(import_id, lift_stops=lift_stops):
            await asyncio.sleep(0)

    async def _apply_chunk(self, import_id: UUID, *, lift_stops: bool) -> bool:
        """Whether there may be more."""
        context = self._writer.input_context()
        async with self._database.transaction() as session:
            await locks.lock_members(session, member_set=True)
            row = await existing(session, import_id, lock=True)
            if row.state != CHECKED:
                raise Conflict(f"the import is {row.state}, not checked")
            if row.applied_at is not None:
                return False
            people = await staging.next_people(session, import_id, CHUNK)
            if not people:
                row.applied_at = context.now
                return False
            await self._apply_people(session, import_id, people, context, row.export_days if lift_stops else None)
            return True

    async def _apply_people(
        self,
        session: AsyncSession,
        import_id: UUID,
        people: Sequence[staging.StagedPerson],
        context: InputContext,
        kept_days: Collection[date] | None,
    ) -> None:
        """`kept_days`: the only days whose consents lift no withdrawal; None: no consent does."""
        numbers = [person.submitted.membership_number for person in people]
        known = await members_repository.by_number(session, numbers)
        named = {membership.body for person in people for membership in person.submitted.memberships}
        tree = await units.tree_of(session, named | {body for member in known.values() for body in member.bodies})
        stops = await self._stops.at(session, [*(person.submitted for person in people), *known.values()])
        changes: list[Change] = []
        rejected: list[Rejection] = []
        outcomes: dict[str, list[int]] = defaultdict(list)
        for person, number in zip(people, numbers, strict=True):
            before = known.get(number)
            try:
                log = standing_log(before, person.submitted, stops)
                submitted = without_lifting(log, person.submitted, kept_days)
                after = apply_person(before, submitted, tree, context.today)
            except Refused as refused:
                rejected += rejections(zip(person.lines, person.cells, strict=True), number, refused)
                outcomes["rejected"].append(person.position)
                continue
            outcomes[outcome(before, after)].append(person.position)
            if before != after:
                detail = {"import_id": str(import_id), "rows": list(person.lines)}
                changes.append(Change(before, after, [("imported", detail)]))
        await self._writer.write(session, tree, changes)
        await staging.reject(session, import_id, rejected, applied=True)
        await staging.store_outcomes(session, import_id, outcomes)
