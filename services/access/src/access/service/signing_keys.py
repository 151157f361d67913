"""Signing keys: sign, publish, rotate."""

from collections.abc import Mapping
from datetime import timedelta

from access.domain import signing_keys as domain
from access.domain.signing_keys import SigningKey
from access.repository import signing_keys as repository
from access.settings import Settings
from chassis.clock import Clock
from chassis.db.database import Database
from chassis.observability.logs import get

log = get(__name__)


class SigningKeys:
    """The keys of the token issuer."""

    def __init__(self, database: Database, settings: Settings, clock: Clock) -> None:
        self._database, self._clock = database, clock
        self._cipher = domain.KeyCipher(settings.token_key_secret.get_secret_value().encode())
        self._token_lifetime = timedelta(seconds=settings.token_seconds)

    async def sign(self, claims: Mapping[str, str | int]) -> str:
        return domain.sign(claims, await self._current(), self._cipher)

    async def ensure(self) -> None:
        """There is a key from the start, so that the key set has one before the first token is asked for."""
        await self._current()

    async def _current(self) -> SigningKey:
        """The key that signs now; the first one is made here."""
        now = self._clock.now()
        async with self._database.transaction() as session:
            found = domain.signing_key(await repository.all_keys(session), now)
            if found is None:
                await repository.lock(session)
                known = await repository.all_keys(session)
                found = domain.signing_key(known, now)
            if found is None:
                found = domain.new_key(self._cipher, now)
                await repository.replace_all(session, [*known, found])
        return found

    async def published(self) -> list[SigningKey]:
        """Every key whose tokens may still be valid, and the one that is about to sign."""
        async with self._database.transaction() as session:
            keys = await repository.all_keys(session)
        return [key for key in keys if key.is_published(self._clock.now())]

    async def rotate(self, *, at_once: bool = False) -> str:
        """Make a new key and return its id; with `at_once` it signs now and the others are no longer published."""
        now = self._clock.now()
        new = domain.new_key(self._cipher, now if at_once else now + domain.LEAD)
        async with self._database.transaction() as session:
            await repository.lock(session)
            known = [key for key in await repository.all_keys(session) if key.is_published(now)]
            keys = [new] if at_once else domain.rotate(known, new, self._token_lifetime)
            await repository.replace_all(session, keys)
        log.info("signing key made", kid=new.kid, at_once=at_once)
        return new.kid
