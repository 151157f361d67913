"""Bodies: create, change, move, remove. Who stands beneath a moved body is published again by a task."""

from chassis.clock import Clock
from chassis.db.database import Database
from chassis.errors import Conflict, NotFound, Refused
from members.domain.bodies import Body, Kind, Tree, placed
from members.domain.versions import Expected
from members.repository import bodies as repository
from members.repository import bulk
from sqlmodel.ext.asyncio.session import AsyncSession


class Bodies:
    """The tree of the union."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    async def all(self, *, under: str | None = None, kind: Kind | None = None) -> list[Body]:
        """Bodies in order of id, or those beneath one and itself."""
        async with self._database.transaction() as session:
            tree = await repository.tree(session)
        found = [body for body in tree.values() if under is None or under in body.path]
        return [body for body in found if kind is None or body.kind is kind]

    async def get(self, body_id: str) -> Body:
        """Raises NotFound."""
        async with self._database.transaction() as session:
            return _existing(await repository.tree_of(session, [body_id]), body_id)

    async def put(
        self, body_id: str, kind: Kind, name: str, parent: str | None, expected: Expected
    ) -> tuple[Body, bool]:
        """The body as it now is, and whether it is new. The same content again changes nothing."""
        async with self._database.transaction() as session:
            await bulk.lock(session, bulk.TREE)
            tree = await repository.tree_of(session, [body_id, *([parent] if parent else [])])
            if parent is not None and parent not in tree:
                raise Refused("is not the id of a body", field="parent")
            before = tree.get(body_id)
            after = placed(body_id, kind, name, tree[parent] if parent else None, before.version if before else 1)
            if before == after:
                return after, False
            expected.must_match(before.version if before else None)
            if before is None:
                if kind is Kind.UNION and any(not body.parent for body in (await repository.tree(session)).values()):
                    raise Conflict("there is a union already")
                await repository.save(session, [after])
                return after, True
            return await self._change(session, before, after), False

    async def _change(self, session: AsyncSession, before: Body, after: Body) -> Body:
        below = await repository.below(session, before.id)
        after = Body(after.id, after.kind, after.name, after.parent, after.path, before.version + 1)
        moved = {after.id: after}
        for body in below[1:]:
            above = moved[body.parent or ""]
            moved[body.id] = placed(body.id, body.kind, body.name, above, body.version)
        await repository.save(session, list(moved.values()))
        await repository.note_change(session, before.id, self._clock.now())
        return after

    async def remove(self, body_id: str, expected: Expected) -> None:
        """Raises Conflict while bodies or memberships stand under it."""
        async with self._database.transaction() as session:
            await bulk.lock(session, bulk.TREE)
            body = _existing(await repository.tree_of(session, [body_id]), body_id)
            expected.must_match(body.version)
            if await repository.in_use(session, body_id):
                raise Conflict("bodies or memberships stand under it")
            await repository.remove(session, body_id)


def _existing(tree: Tree, body_id: str) -> Body:
    if body_id not in tree:
        raise NotFound("there is no such body")
    return tree[body_id]
