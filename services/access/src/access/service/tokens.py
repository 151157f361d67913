"""Access tokens for client credentials (RFC 6749, 4.4)."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from uuid import uuid4

from access.domain.clients import Client, granted_scopes, has_secret
from access.repository import clients, token_attempts
from access.service.signing_keys import SigningKeys
from access.settings import Settings
from chassis.clock import Clock
from chassis.db.database import Database
from chassis.errors import TooMany, Unauthenticated
from chassis.observability.logs import get

log = get(__name__)
_CLIENTS_AT_ONE_ADDRESS = 10
"""An address may have so many times the failures of one client: several systems often share one."""


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A signed token that is valid for `seconds`."""

    token: str
    scopes: frozenset[str]
    seconds: int


class Tokens:
    """Issues tokens."""

    def __init__(self, database: Database, keys: SigningKeys, settings: Settings, clock: Clock) -> None:
        self._database, self._keys, self._settings, self._clock = database, keys, settings, clock

    async def issue(self, client_id: str, secret: str, scope: str | None, address: str) -> IssuedToken:
        """Raises TooMany, Unauthenticated, Forbidden (a scope the client does not have)."""
        rates = self._rates(client_id, address)
        async with self._database.transaction() as session:
            # Counted before the secret is compared: many attempts at once guess no faster than one after the other.
            wait = await token_attempts.count(session, rates, self._clock.now())
            client = await clients.get(session, client_id)
        if wait:
            raise TooMany("too many tries", retry_after=wait.total_seconds())
        if not await asyncio.to_thread(has_secret, client, secret) or client is None:
            log.warning("token refused", client_known=client is not None)
            raise Unauthenticated("the client or its secret is not known")
        async with self._database.transaction() as session:
            await token_attempts.discount(session, rates)  # only failures count
        scopes = granted_scopes(client, scope)
        token = await self._keys.sign(self._claims(client, scopes))
        return IssuedToken(token, scopes, self._settings.token_seconds)

    def _rates(self, client_id: str, address: str) -> dict[str, int]:
        """By client and address, so that failures from other addresses do not lock a client out."""
        per_minute = self._settings.token_tries_a_minute
        return {
            f"client {client_id} at {address[:100]}": per_minute,
            f"address {address[:100]}": per_minute * _CLIENTS_AT_ONE_ADDRESS,
        }

    def _claims(self, client: Client, scopes: Collection[str]) -> dict[str, str | int]:
        now = int(self._clock.now().timestamp())
        claims: dict[str, str | int] = {
            "iss": self._settings.token_issuer,
            "aud": self._settings.token_audience,
            "sub": client.client_id,
            "iat": now,
            "exp": now + self._settings.token_seconds,
            "jti": str(uuid4()),
            "scope": " ".join(sorted(scopes)),
        }
        return claims if client.branch is None else {**claims, "branch": client.branch}
