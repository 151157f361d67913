"""Client credentials in, short-lived signed tokens out; clients and keys kept."""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

from chassis.clock import Clock
from chassis.db.database import Database
from chassis.errors import Conflict, Forbidden, NotFound, Refused, TooMany, Unauthenticated
from chassis.observability.logs import get
from members.domain import clients, keys
from members.domain.clients import Client
from members.repository import bodies
from members.repository import tokens as repository
from members.settings import Settings

log = get(__name__)
_CLIENTS_AT_ONE = 10
"""Times a client's failures that one address may have: several systems often share one."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What the token endpoint gives."""

    token: str
    scopes: frozenset[str]
    seconds: int


class Tokens:
    """Issues tokens."""

    def __init__(self, database: Database, settings: Settings, clock: Clock) -> None:
        self._database, self._settings, self._clock = database, settings, clock
        self._seal = keys.Seal(settings.token_key_secret.get_secret_value().encode())
        self._life = timedelta(seconds=settings.token_seconds)

    async def grant(self, client_id: str, secret: str, wanted: str | None, address: str) -> Grant:
        """Raises TooMany, Unauthenticated, Forbidden (a scope the client does not have)."""
        rates = self._rates(client_id, address)
        await self._count_try(rates)
        async with self._database.transaction() as session:
            client = await repository.client(session, client_id)
        if not await asyncio.to_thread(clients.knows, client, secret) or client is None:
            log.warning("token refused", client_known=client is not None)
            raise Unauthenticated("the client or its secret is not known")
        await self._forgive(rates)
        scopes = clients.granted(client, wanted)
        return Grant(await self._signed(client, scopes), scopes, self._settings.token_seconds)

    def _rates(self, client_id: str, address: str) -> dict[str, int]:
        """Who knows a client's id can fail in its name from their own address only, and shuts nobody else out."""
        few = self._settings.token_tries_a_minute
        return {f"client {client_id} at {address[:100]}": few, f"address {address[:100]}": few * _CLIENTS_AT_ONE}

    async def _count_try(self, rates: Mapping[str, int]) -> None:
        """In a transaction of its own, before the secret is looked at: many at once guess no faster than one."""
        async with self._database.transaction() as session:
            wait = await repository.take(session, rates, self._clock.now())
        if wait:
            raise TooMany("too many tries", retry_after=wait.total_seconds())

    async def _forgive(self, rates: Mapping[str, int]) -> None:
        """Only failures count."""
        async with self._database.transaction() as session:
            await repository.give_back(session, rates)

    async def _signed(self, client: Client, scopes: Collection[str]) -> str:
        now = self._clock.now()
        claims: dict[str, Any] = {
            "iss": self._settings.token_issuer,
            "aud": self._settings.token_audience,
            "sub": client.client_id,
            "iat": int(now.timestamp()),
            "exp": int((now + self._life).timestamp()),
            "jti": uuid4(),
            "scope": " ".join(sorted(scopes)),
        }
        if client.branch is not None:
            claims["branch"] = client.branch
        return keys.signed(claims, await self._key(), self._seal)

    async def _key(self) -> keys.Key:
        """The key that signs now; the first one is made here."""
        now = self._clock.now()
        async with self._database.transaction() as session:
            found = keys.signing(await repository.keys(session), now)
            if found is None:
                await repository.lock_keys(session)
                known = await repository.keys(session)
                found = keys.signing(known, now)
            if found is None:
                found = keys.made(self._seal, now)
                await repository.keep(session, [*known, found])
        return found

    async def key_set(self) -> dict[str, Any]:
        """Every key whose tokens may still be valid, and the one that is about to sign."""
        await self._key()
        async with self._database.transaction() as session:
            return keys.key_set(await repository.keys(session), self._clock.now())

    async def rotate(self, *, at_once: bool = False) -> str:
        """Make a new key; with `at_once` it signs now and the others are no longer published. Its id."""
        now = self._clock.now()
        new = keys.made(self._seal, now if at_once else now + keys.LEAD)
        async with self._database.transaction() as session:
            await repository.lock_keys(session)
            known = [
                key for key in await repository.keys(session) if not key.published_until or key.published_until > now
            ]
            await repository.keep(session, [new] if at_once else keys.rotated(known, new, self._life))
        log.info("signing key made", kid=new.kid, at_once=at_once)
        return new.kid

    async def create_client(
        self,
        client_id: str,
        scopes: Collection[str],
        branch: str | None,
        *,
        secret: str | None = None,
        replace: bool = False,
        within: Collection[str] | None = None,
    ) -> tuple[Client, str]:
        """A client and its secret, which is shown this once. `within`: the scopes its maker holds and may pass on."""
        if within is not None and not set(scopes) & clients.SCOPES <= set(within):
            raise Forbidden("a client gives no scope that it does not hold itself")
        secret = secret or clients.new_secret()
        client = await asyncio.to_thread(clients.made, client_id, secret, scopes, branch, self._clock.now())
        async with self._database.transaction() as session:
            if branch is not None and branch not in await bodies.tree_of(session, [branch]) and within is not None:
                raise Refused("is not the id of a body", field="branch")
            if replace:
                await repository.remove(session, client_id)
            elif await repository.client(session, client_id) is not None:
                raise Conflict("there is a client of this id", field="client_id")
            await repository.add(session, client)
        return client, secret

    async def clients(self) -> list[Client]:
        """All of them."""
        async with self._database.transaction() as session:
            return await repository.clients(session)

    async def remove_client(self, client_id: str) -> None:
        """Tokens it already has run out by themselves. Raises NotFound."""
        async with self._database.transaction() as session:
            if not await repository.remove(session, client_id):
                raise NotFound("there is no such client")
