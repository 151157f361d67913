"""members consumes its own topic: it finds there what a restored database lacks, and continues above its versions.

The stored offsets are as old as the backup, so that exactly what was published since is consumed again (decision 0018).
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from chassis.db.database import Database
from chassis.kafka.batch import Batch
from chassis.observability.logs import get
from contracts.events.members import MemberErased
from members.domain.restore import Difference, TopicState, difference, latest_states, reconciled
from members.repository import erasures, locks, units
from members.repository import members as repository
from members.repository.imports.deletion import erase_people
from members.service.change_writer import CHUNK, Change, ChangeWriter, erasure
from sqlmodel.ext.asyncio.session import AsyncSession

log = get(__name__)
Differences = dict[Difference, list[UUID]]
LOST = "lost in a restore"


class TopicAudit:
    """Compares the topic with the database, and repairs the differences."""

    def __init__(self, database: Database, writer: ChangeWriter) -> None:
        self._database, self._writer = database, writer

    async def handle(self, batch: Batch) -> None:
        """Repair what is behind the topic; there is nothing, unless the database was restored."""
        states = latest_states(item.event for item in batch.events)
        async with self._database.transaction() as session:
            found = await self._repair(session, states)
            await batch.store(session)
        for kind, ids in found.items():
            log.error("the database was restored", difference=kind.value, members=len(ids))

    async def published_versions(self) -> dict[UUID, int]:
        """What the topic should hold by now; to be read before the topic is."""
        async with self._database.transaction() as session:
            return await repository.published_versions(session)

    async def compare(self, states: Mapping[UUID, TopicState], published: Mapping[UUID, int]) -> Differences:
        """Every member about whom topic and database differ."""
        found: Differences = defaultdict(list)
        for chunk in _chunks(states):
            async with self._database.transaction() as session:
                for kind, ids in (await _differences(session, chunk)).items():
                    found[kind] += ids
        for member_id, version in published.items():
            state = states.get(member_id)
            if state is None or (state.snapshot is not None and state.version < version):
                found[Difference.UNTOLD].append(member_id)
        return found

    async def repair(
        self, states: Mapping[UUID, TopicState], found: Differences, *, erase_unknown: bool
    ) -> Counter[Difference]:
        """How many of each were repaired. With `erase_unknown` the erasure of unknown members is published."""
        repaired: Counter[Difference] = Counter()
        concerned = {member_id: states[member_id] for ids in found.values() for member_id in ids if member_id in states}
        for chunk in _chunks(concerned):
            async with self._database.transaction() as session:
                done = await self._repair(session, chunk, erase_unknown=erase_unknown)
            repaired.update({kind: len(ids) for kind, ids in done.items()})
        unpublished = found.get(Difference.UNTOLD, [])
        for start in range(0, len(unpublished), CHUNK):
            async with self._database.transaction() as session:
                ids = unpublished[start : start + CHUNK]
                repaired[Difference.UNTOLD] += await self._publish_again(session, ids)
        return repaired

    async def publish_erasures_again(self) -> int:
        """Those that may not have been consumed yet: they have no tombstone."""
        now, published = self._writer.input_context().now, 0
        while True:
            async with self._database.transaction() as session:
                markers = await erasures.without_tombstone(session, now, CHUNK)
                for marker in markers:
                    await self._writer.publish_erasure_again(session, marker)
            published += len(markers)
            if not markers:
                return published

    async def _repair(
        self, session: AsyncSession, states: Mapping[UUID, TopicState], *, erase_unknown: bool = False
    ) -> Differences:
        """What was found; unknown members are left alone without `erase_unknown`."""
        if not await _differences(session, states):
            return {}
        await locks.lock_members(session, member_set=True)
        known = await repository.load(session, states.keys())
        found = await _differences(session, states)
        context = self._writer.input_context()
        changes = []
        for member_id in found.get(Difference.BEHIND, []):
            member, state = known[member_id], states[member_id]
            assert state.snapshot is not None
            after = reconciled(member, state.snapshot, context.today)
            changes.append(Change(member, after, [("restored", {"topic_version": state.version})], publish_all=True))
        tree = await units.tree_of(session, {body for change in changes for body in change.after.bodies})
        await self._writer.write(session, tree, changes)
        gone = [known[member_id] for member_id in found.get(Difference.RESURRECTED, [])]
        await erase_people(session, {member.membership_number: member.addresses for member in gone})
        lost = [states[member_id] for member_id in found.get(Difference.UNKNOWN, []) if erase_unknown]
        erased = [erasure(state.member_id, state.version, LOST) for state in lost]
        for member in gone:
            state = states[member.member_id]
            erased.append(erasure(member.member_id, max(member.version, state.version), state.reason))
        await self._writer.erase(session, erased)
        unmarked = [states[member_id] for member_id in found.get(Difference.UNMARKED, [])]
        marked = [MemberErased(member_id=each.member_id, version=each.version, reason=each.reason) for each in unmarked]
        await erasures.add_markers(session, marked, context.now)
        return found

    async def _publish_again(self, session: AsyncSession, ids: Sequence[UUID]) -> int:
        await locks.lock_members(session)
        known = await repository.load(session, ids)
        tree = await units.tree_of(session, {body for member in known.values() for body in member.bodies})
        changes = [Change(member, replace(member), [("told again", {})], publish_all=True) for member in known.values()]
        return len(await self._writer.write(session, tree, changes))


async def _differences(session: AsyncSession, states: Mapping[UUID, TopicState]) -> Differences:
    versions = await repository.versions_of(session, states.keys())
    marked = await erasures.erased(session, states.keys())
    found: Differences = defaultdict(list)
    for member_id, state in sorted(states.items()):
        kind = difference(state, versions.get(member_id), marked=member_id in marked)
        if kind is not Difference.SAME:
            found[kind].append(member_id)
    return dict(found)


def _chunks(states: Mapping[UUID, TopicState]) -> Iterator[dict[UUID, TopicState]]:
    ids = sorted(states)
    for start in range(0, len(ids), CHUNK):
        yield {member_id: states[member_id] for member_id in ids[start : start + CHUNK]}
