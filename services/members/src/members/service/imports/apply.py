"""Second step of an import: store the people of a checked roll as members.

A background step of one replica stores a chunk at a time, each in one transaction with its own outbox rows. A crash
loses the chunk in progress and nothing else.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from uuid import UUID

from chassis.db.database import Database
from chassis.errors import Conflict, Refused, Unavailable
from chassis.observability.logs import get
from chassis.wakeup import Wakeup
from members.domain.imports.outcomes import apply_person, outcome, rejections
from members.domain.imports.rows import Rejection
from members.domain.imports.states import APPLIED, APPLYING, CHECKED, FAILED
from members.domain.imports.stops import standing_log, without_lifting
from members.domain.input_context import InputContext
from members.models.imports import ImportRow
from members.repository import locks, units
from members.repository import members as members_repository
from members.repository.imports import reports, staging
from members.service.change_writer import CHUNK, Change, ChangeWriter
from members.service.imports.address_stops import AddressStops
from members.service.imports.reports import Report, existing, report
from sqlmodel.ext.asyncio.session import AsyncSession

log = get(__name__)


class ImportApplication:
    """Writes members."""

    def __init__(self, database: Database, writer: ChangeWriter, wakeup: Wakeup) -> None:
        self._database, self._writer, self._wakeup = database, writer, wakeup
        self._stops = AddressStops(writer)

    async def begin(self, import_id: UUID, *, lift_stops: bool) -> Report:
        """Have everybody applied who has no outcome yet. Repeating it changes nothing. Raises NotFound or Conflict."""
        async with self._database.transaction() as session:
            row = await existing(session, import_id, lock=True)
            if row.state == CHECKED or (row.state == FAILED and row.checked_at is not None):
                row.state, row.lift_stops, row.fault_field, row.fault_reason = APPLYING, lift_stops, "", ""
            elif row.state not in (APPLYING, APPLIED):
                raise Conflict(f"the import is {row.state}, not checked")
            answer = await report(session, row)
        self._wakeup.set()
        return answer

    async def step(self) -> bool:
        """Apply the next chunk of a roll; whether there was one. Raises Unavailable."""
        async with self._database.transaction() as session:
            import_id = await reports.next_to_apply(session)
        if import_id is None:
            return False
        try:
            await self._apply_chunk(import_id)
        except Unavailable:
            raise
        except Exception:
            log.exception("a roll cannot be applied", import_id=str(import_id))
            async with self._database.transaction() as session:
                row = await existing(session, import_id, lock=True)
                row.state, row.fault_field, row.fault_reason = FAILED, "body", "cannot be applied by a fault of ours"
        return True

    async def _apply_chunk(self, import_id: UUID) -> None:
        context = self._writer.input_context()
        async with self._database.transaction() as session:
            await locks.lock_members(session, member_set=True)
            row = await existing(session, import_id, lock=True)
            if row.state != APPLYING:
                return
            people = await staging.next_people(session, import_id, CHUNK)
            if people:
                done = await self._apply_people(session, row, people, context)
                row.outcomes = dict(Counter(row.outcomes) + done)
            else:
                row.state, row.applied_at = APPLIED, context.now

    async def _apply_people(
        self, session: AsyncSession, row: ImportRow, people: Sequence[staging.StagedPerson], context: InputContext
    ) -> Counter[str]:
        """Their number by outcome. No consent lifts a withdrawal, or with `lift_stops` none of the export's days."""
        kept_days = row.export_days if row.lift_stops else None
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
                detail = {"import_id": str(row.import_id), "rows": list(person.lines)}
                changes.append(Change(before, after, [("imported", detail)]))
        await self._writer.write(session, tree, changes)
        await staging.reject(session, row.import_id, rejected, applied=True)
        await staging.store_outcomes(session, row.import_id, outcomes)
        return Counter({name: len(positions) for name, positions in outcomes.items()})
