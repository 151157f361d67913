"""members hears its own topic: in a restored database it finds there what the backup lacks, and goes on above it.

The stored offsets are as old as the backup, so that exactly what was told since is heard again (decision 0018).
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from chassis.db.database import Database
from chassis.kafka.batch import Batch
from chassis.observability.logs import get
from members.domain.restoring import Standing, Told, above, last_words, standing
from members.repository import bodies, bulk, history, imports, versions
from members.repository import members as repository
from members.service.recording import Change, Recorder
from sqlmodel.ext.asyncio.session import AsyncSession

log = get(__name__)
Found = dict[Standing, list[UUID]]
LOST = "lost in a restore"


class Audit:
    """Compares what was told with what the database knows, and mends the difference."""

    def __init__(self, database: Database, recorder: Recorder) -> None:
        self._database, self._recorder = database, recorder

    async def hear(self, batch: Batch) -> None:
        """Mend what is behind the topic; nothing is, unless the database was restored."""
        words = last_words(item.event for item in batch.events)
        async with self._database.transaction() as session:
            found = await self._mend(session, words)
            await batch.store(session)
        for kind, ids in found.items():
            log.error("the database was restored", standing=kind.value, members=len(ids))

    async def said(self) -> dict[UUID, int]:
        """What the topic should know by now; to be read before the topic is."""
        async with self._database.transaction() as session:
            return await versions.said(session)

    async def compare(self, words: Mapping[UUID, Told], said: Mapping[UUID, int]) -> Found:
        """Everybody whose standing is not the same."""
        found: Found = defaultdict(list)
        for chunk in _chunks(words):
            async with self._database.transaction() as session:
                for kind, ids in (await _standings(session, chunk)).items():
                    found[kind] += ids
        for member_id, version in said.items():
            told = words.get(member_id)
            if told is None or (told.snapshot is not None and told.version < version):
                found[Standing.UNTOLD].append(member_id)
        return found

    async def mend(self, words: Mapping[UUID, Told], found: Found, *, withdraw: bool) -> Counter[Standing]:
        """How many of each were mended; those unknown only with `withdraw`: they are told to be erased."""
        mended: Counter[Standing] = Counter()
        concerned = {member_id: words[member_id] for ids in found.values() for member_id in ids if member_id in words}
        for chunk in _chunks(concerned):
            async with self._database.transaction() as session:
                done = await self._mend(session, chunk, withdraw=withdraw)
            mended.update({kind: len(ids) for kind, ids in done.items()})
        untold = found.get(Standing.UNTOLD, [])
        for start in range(0, len(untold), bulk.CHUNK):
            async with self._database.transaction() as session:
                mended[Standing.UNTOLD] += await self._retell(session, untold[start : start + bulk.CHUNK])
        return mended

    async def _mend(self, session: AsyncSession, words: Mapping[UUID, Told], *, withdraw: bool = False) -> Found:
        """What was found; of those unknown nothing is done here unless they are withdrawn."""
        if not await _standings(session, words):
            return {}
        await bulk.lock(session, bulk.TREE, shared=True)
        await bulk.lock(session, bulk.ROLL)
        known = await repository.load(session, words.keys())
        found = await _standings(session, words)
        today = self._recorder.terms().today
        changes = []
        for member_id in found.get(Standing.BEHIND, []):
            member, told = known[member_id], words[member_id]
            assert told.snapshot is not None
            detail = {"topic_version": told.version}
            changes.append(Change(member, above(member, told.snapshot, today), "restored", detail, retold=True))
        tree = await bodies.tree_of(session, {body for change in changes for body in change.after.bodies})
        await self._recorder.record(session, tree, changes)
        for member_id in found.get(Standing.RESURRECTED, []):
            one = known[member_id]
            await imports.forget(session, one.membership_number, one.addresses)
            above_both = max(known[member_id].version, words[member_id].version)
            await self._recorder.erase(session, member_id, above_both, words[member_id].reason)
        for member_id in found.get(Standing.UNMARKED, []):
            told = words[member_id]
            await history.mark(session, member_id, told.version, told.reason, self._recorder.terms().now)
        if withdraw:
            for member_id in found.get(Standing.UNKNOWN, []):
                await self._recorder.erase(session, member_id, words[member_id].version, LOST)
        return found

    async def _retell(self, session: AsyncSession, ids: Sequence[UUID]) -> int:
        await bulk.lock(session, bulk.TREE, shared=True)
        known = await repository.load(session, ids)
        tree = await bodies.tree_of(session, {body for member in known.values() for body in member.bodies})
        changes = [Change(member, replace(member), "told again", {}, retold=True) for member in known.values()]
        return len(await self._recorder.record(session, tree, changes))


async def _standings(session: AsyncSession, words: Mapping[UUID, Told]) -> Found:
    there, marked = await versions.of(session, words.keys()), await versions.erased(session, words.keys())
    found: Found = defaultdict(list)
    for member_id, told in sorted(words.items()):
        stands = standing(told, there.get(member_id), marked=member_id in marked)
        if stands is not Standing.SAME:
            found[stands].append(member_id)
    return dict(found)


def _chunks(words: Mapping[UUID, Told]) -> Iterator[dict[UUID, Told]]:
    ids = sorted(words)
    for start in range(0, len(ids), bulk.CHUNK):
        yield {member_id: words[member_id] for member_id in ids[start : start + bulk.CHUNK]}
