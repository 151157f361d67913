"""The roll in two steps: `check` writes nothing to members, `apply` puts the good rows in.

`apply` goes in chunks, each one transaction with its own outbox rows. A crash loses the chunk in flight and nothing
else; applying again goes on where it stopped, and once everybody has an outcome it changes nothing.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID, uuid4

from chassis.db.database import Database
from chassis.errors import Conflict, Fault, NotFound, Refused
from chassis.http.auth import Caller
from members.domain.bodies import Tree
from members.domain.cells import Terms
from members.domain.members import Member
from members.domain.people import Person, put_together
from members.domain.records import Record, merged, new_member
from members.domain.roll import Reading, Rejection, listed_numbers, read_roll
from members.models import ImportRejectionRow, ImportRow
from members.repository import bodies, bulk, versions
from members.repository import imports as repository
from members.repository import members as members_repository
from members.service.recording import Change, Recorder
from sqlmodel.ext.asyncio.session import AsyncSession

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Report:
    """How an import stands."""

    row: ImportRow
    rejected: int
    leavers: int
    applied: dict[str, int]


class Imports:
    """Rolls of members."""

    def __init__(self, database: Database, recorder: Recorder) -> None:
        self._database, self._recorder = database, recorder

    async def check(self, data: bytes, caller: Caller) -> Report:
        """Read the file, say what applying it would do, and keep it for that. Raises Refused for the whole file."""
        terms = self._recorder.terms()
        tree, known = await self._beforehand(data)
        reading = await asyncio.to_thread(read_roll, data, terms)
        # A body that goes in between is found when the roll is applied.
        people, misfits = await asyncio.to_thread(put_together, reading.rows, tree)
        listed = await asyncio.to_thread(_listed, reading)
        async with self._database.transaction() as session:
            row = ImportRow(
                import_id=uuid4(),
                client_id=caller.client_id,
                header=list(reading.header),
                checked_at=terms.now,
                rows=len(reading.rows) + len(reading.rejections),
                people=0,
                new=0,
                changed=0,
                unchanged=0,
            )
            await repository.add(session, row)
            outcomes = await self._stage(session, row.import_id, people, terms)
            await repository.reject(session, row.import_id, [*reading.rejections, *misfits])
            for number in await self._withdraw(session, row, known):
                outcomes.pop(number, None)
            await _note(session, row, Counter(outcomes.values()))
            await repository.report_leavers(session, row.import_id, listed, terms.today)
            return await _report(session, row)

    async def _beforehand(self, data: bytes) -> tuple[Tree, dict[str, UUID]]:
        """The bodies, and whose the numbers of the file are, as of one moment: that the check begins at."""
        async with self._database.transaction() as session:
            await bulk.freeze(session)
            tree = await bodies.tree(session)
            numbers = await asyncio.to_thread(listed_numbers, data)
            return tree, await members_repository.ids_of(session, numbers)

    async def _withdraw(self, session: AsyncSession, row: ImportRow, known: dict[str, UUID]) -> list[str]:
        """Take out who was erased since the check began, else they would come back as somebody new; their numbers.

        From here to the commit nobody is erased: who was before is marked by now, and an erasure after it finds what
        was staged by itself.
        """
        await bulk.lock(session, bulk.ROLL)
        erased = await versions.erased(session, known.values())
        numbers = [number for number, member_id in known.items() if member_id in erased]
        lines = await repository.withdraw(session, row.import_id, numbers)
        nothing = ("",) * len(row.header)
        reason = "belonged to somebody who was erased while the roll was checked"
        rejections = [Rejection(line, "membership_number", reason, nothing) for line in lines]
        await repository.reject(session, row.import_id, rejections)
        return numbers

    async def _stage(
        self, session: AsyncSession, import_id: UUID, people: Sequence[Person], terms: Terms
    ) -> dict[str, str]:
        """What would become of each, by number."""
        outcomes: dict[str, str] = {}
        for first, chunk in _chunks(people):
            numbers = [person.record.membership_number for person in chunk]
            known = await members_repository.by_number(session, numbers, lock=False)
            good: list[Person] = []
            rejections: list[Rejection] = []
            for person in chunk:
                before = known.get(person.record.membership_number)
                try:
                    # Only what is known of somebody can refuse a record; most of a first roll is not looked at twice.
                    outcome = "new" if before is None else _outcome(before, merged(before, person.record, terms.today))
                    outcomes[person.record.membership_number] = outcome
                    good.append(person)
                except Refused as refused:
                    lines = [(each.line, each.cells) for each in person.rows]
                    rejections += _rejections(lines, person.record, refused)
            await repository.stage(session, import_id, good, first)
            await repository.reject(session, import_id, rejections)
        return outcomes

    async def get(self, import_id: UUID) -> Report:
        """Raises NotFound."""
        async with self._database.transaction() as session:
            return await _report(session, await _found(session, import_id))

    async def rejected(self, import_id: UUID) -> tuple[list[str], list[ImportRejectionRow]]:
        """The header of the file and the rows that stayed out."""
        async with self._database.transaction() as session:
            row = await _found(session, import_id)
            return row.header, await repository.rejections(session, import_id)

    async def leavers(self, import_id: UUID) -> list[repository.Leaver]:
        """Who is in a branch of the roll and not on it."""
        async with self._database.transaction() as session:
            await _found(session, import_id)
            return await repository.leavers(session, import_id)

    async def apply(self, import_id: UUID) -> Report:
        """Put in everybody who waits. Raises NotFound."""
        while await self._apply_chunk(import_id):
            await asyncio.sleep(0)
        return await self.get(import_id)

    async def _apply_chunk(self, import_id: UUID) -> bool:
        """Whether there may be more."""
        terms = self._recorder.terms()
        async with self._database.transaction() as session:
            await bulk.lock(session, bulk.TREE, shared=True)
            await bulk.lock(session, bulk.ROLL)
            row = await _found(session, import_id, lock=True)
            if row.applied_at is not None:
                return False
            people = await repository.waiting(session, import_id, bulk.CHUNK)
            if not people:
                await repository.finish(session, import_id, terms.now)
                return False
            await self._put_in(session, import_id, people, terms)
            return True

    async def _put_in(
        self, session: AsyncSession, import_id: UUID, people: Sequence[repository.Waiting], terms: Terms
    ) -> None:
        numbers = [person.record.membership_number for person in people]
        known = await members_repository.by_number(session, numbers)
        named = {place.body for person in people for place in person.record.places}
        tree = await bodies.tree_of(session, named | {body for member in known.values() for body in member.bodies})
        changes: list[Change] = []
        rejections: list[Rejection] = []
        outcomes: dict[str, list[int]] = defaultdict(list)
        for person in people:
            before = known.get(person.record.membership_number)
            try:
                _check_bodies(person.record, tree)
                after = _after(before, person.record, terms)
            except Refused as refused:
                lines = list(zip(person.lines, person.rows, strict=True))
                rejections += _rejections(lines, person.record, refused)
                outcomes["rejected"].append(person.position)
                continue
            outcomes[_outcome(before, after)].append(person.position)
            if before != after:
                detail = {"import_id": str(import_id), "rows": list(person.lines)}
                changes.append(Change(before, after, "imported", detail))
        await self._recorder.record(session, tree, changes)
        await repository.reject(session, import_id, rejections, applied=True)
        await repository.settle(session, import_id, outcomes)


async def _note(session: AsyncSession, row: ImportRow, outcomes: Counter[str]) -> None:
    row.new, row.changed, row.unchanged = outcomes["new"], outcomes["changed"], outcomes["unchanged"]
    row.people = outcomes.total()
    await repository.add(session, row)


def _after(before: Member | None, record: Record, terms: Terms) -> Member:
    return new_member(record, terms.today) if before is None else merged(before, record, terms.today)


def _outcome(before: Member | None, after: Member) -> str:
    return "new" if before is None else "unchanged" if before == after else "changed"


def _check_bodies(record: Record, tree: Tree) -> None:
    """A branch may have gone since the check."""
    if any(place.body not in tree for place in record.places):
        raise Conflict("is not the id of a body any more", field="branch")


def _rejections(lines: Sequence[tuple[int, tuple[str, ...]]], record: Record, refused: Refused) -> list[Rejection]:
    fault = refused.faults[0] if refused.faults else Fault("membership_number", refused.detail)
    return [Rejection(line, fault.field, fault.reason, cells, record.membership_number) for line, cells in lines]


def _listed(reading: Reading) -> set[tuple[str, str]]:
    """Number and branch of every row that holds both, also of those rejected: they are on the roll."""
    number, branch = reading.header.index("membership_number"), reading.header.index("branch")
    cells = [row.cells for row in reading.rows]
    cells += [item.cells for item in reading.rejections if len(item.cells) == len(reading.header)]
    return {(row[number].strip(), row[branch].strip()) for row in cells}


def _chunks(people: Sequence[T]) -> Iterator[tuple[int, Sequence[T]]]:
    for first in range(0, len(people), bulk.CHUNK):
        yield first, people[first : first + bulk.CHUNK]


async def _found(session: AsyncSession, import_id: UUID, *, lock: bool = False) -> ImportRow:
    row = await repository.get(session, import_id, lock=lock)
    if row is None:
        raise NotFound("there is no such import")
    return row


async def _report(session: AsyncSession, row: ImportRow) -> Report:
    rejected, leavers = await repository.counts(session, row.import_id)
    outcomes = await repository.outcomes(session, row.import_id)
    return Report(row, rejected, leavers, outcomes)
