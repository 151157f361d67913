"""API clients: create, list, remove."""

import asyncio
from collections.abc import Collection

from access.domain.clients import SCOPES, Client, new_client, new_secret
from access.repository import clients as repository
from chassis.clock import Clock
from chassis.db.database import Database
from chassis.errors import Conflict, Forbidden, NotFound


class Clients:
    """Systems that may ask for tokens."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    async def create(
        self,
        client_id: str,
        scopes: Collection[str],
        branch: str | None,
        *,
        secret: str | None = None,
        replace: bool = False,
        within: Collection[str] | None = None,
    ) -> tuple[Client, str]:
        """A client and its secret, which is not stored. `within`: the scopes of its creator, who may pass on no other;
        None offline. A branch that does not exist has no members, so such a client reaches nobody."""
        if within is not None and not set(scopes) & SCOPES.keys() <= set(within):
            raise Forbidden("a client gives no scope that it does not hold itself")
        secret = secret or new_secret()
        client = await asyncio.to_thread(new_client, client_id, secret, scopes, branch, self._clock.now())
        async with self._database.transaction() as session:
            if replace:
                await repository.remove(session, client_id)
            elif await repository.get(session, client_id) is not None:
                raise Conflict("there is a client of this id", field="client_id")
            await repository.add(session, client)
        return client, secret

    async def page(self, after: str, limit: int) -> list[Client]:
        """In order of id, from after `after`."""
        async with self._database.transaction() as session:
            return await repository.page(session, after, limit)

    async def remove(self, client_id: str) -> None:
        """Its tokens stay valid until they expire. Raises NotFound."""
        async with self._database.transaction() as session:
            if not await repository.remove(session, client_id):
                raise NotFound("there is no such client")
