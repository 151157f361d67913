"""Bodies of the union: create, change, move, remove. The members beneath a changed body are published again later."""

from chassis.clock import Clock
from chassis.db.database import Database
from chassis.errors import Conflict, NotFound
from chassis.http.etags import Expected
from members.domain.units import Unit, UnitKind, UnitTree, place_under, refuse_unknown
from members.repository import locks
from members.repository import units as repository
from sqlmodel.ext.asyncio.session import AsyncSession


class Units:
    """The tree of the union."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    async def page(
        self, branch: str | None, *, under: str | None, kind: UnitKind | None, after: str, limit: int
    ) -> list[Unit]:
        """In order of id. `under`: this body and those beneath it. `branch`: only what is above or beneath this one."""
        async with self._database.transaction() as session:
            return await repository.page(session, branch, under=under, kind=kind, after=after, limit=limit)

    async def get(self, unit_id: str) -> Unit:
        """Raises NotFound."""
        async with self._database.transaction() as session:
            return _existing(await repository.tree_of(session, [unit_id]), unit_id)

    async def put(
        self, unit_id: str, kind: UnitKind, name: str, parent: str | None, expected: Expected
    ) -> tuple[Unit, bool]:
        """The body as it now is, and whether it is new. The same content again changes nothing."""
        async with self._database.transaction() as session:
            await locks.lock(session, locks.UNIT_TREE)
            tree = await repository.tree_of(session, [unit_id, *([parent] if parent else [])])
            if parent is not None:
                refuse_unknown(tree, parent, "parent")
            before = tree.get(unit_id)
            version = before.version if before else 1
            after = place_under(tree[parent] if parent else None, unit_id, kind, name, version)
            if before == after:
                return after, False
            expected.must_match(before.version if before else None)
            if before is not None:
                return await self._change(session, before, after), False
            if kind is UnitKind.UNION and any(not unit.parent for unit in (await repository.tree(session)).values()):
                raise Conflict("there is a union already")
            await repository.save(session, [after])
            return after, True

    async def _change(self, session: AsyncSession, before: Unit, after: Unit) -> Unit:
        below = await repository.below(session, before.id)
        after = Unit(after.id, after.kind, after.name, after.parent, after.path, before.version + 1)
        moved = {after.id: after}
        for unit in below[1:]:
            moved[unit.id] = place_under(moved[unit.parent or ""], unit.id, unit.kind, unit.name, unit.version)
        await repository.save(session, list(moved.values()))
        await repository.add_change(session, before.id, self._clock.now())
        return after

    async def remove(self, unit_id: str, expected: Expected) -> None:
        """Raises Conflict while bodies or memberships stand under it."""
        async with self._database.transaction() as session:
            await locks.lock(session, locks.UNIT_TREE)
            unit = _existing(await repository.tree_of(session, [unit_id]), unit_id)
            expected.must_match(unit.version)
            if await repository.is_in_use(session, unit_id):
                raise Conflict("bodies or memberships stand under it")
            await repository.remove(session, unit_id)


def _existing(tree: UnitTree, unit_id: str) -> Unit:
    if unit_id not in tree:
        raise NotFound("there is no such body")
    return tree[unit_id]
