"""Bearer tokens: EdDSA JWTs with scopes and an optional branch, verified with the published key set."""

import asyncio
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx
import jwt
import orjson
from chassis.clock import Clock
from chassis.errors import Forbidden, Unauthenticated, Unavailable
from chassis.observability.logs import get
from fastapi import Request

log = get(__name__)
ALGORITHM = "EdDSA"
CALLER = "muster.caller"
"""Key of an ASGI scope: the caller whose token was verified for this request."""
_MAX_AGE, _MIN_AGE = 300.0, 5.0
"""Seconds: a key set is fetched again after the first; for an unknown key, at most once in the second."""
_PATIENCE, _SOON = 10.0, 3.0
"""Seconds that one fetch may take: while a token's key is unknown, and while it is known."""
Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, and what they may do. `branch` limits them to one branch's members."""

    client_id: str
    scopes: frozenset[str]
    branch: str | None
    token: str


class Verifier:
    """Checks tokens. The key set is cached on disk, so that a restart does not need access to be up."""

    def __init__(self, jwks_url: str, *, issuer: str, audience: str, cache: Path, clock: Clock) -> None:
        self._url, self._issuer, self._audience, self._cache, self._clock = jwks_url, issuer, audience, cache, clock
        self._keys: dict[str, jwt.PyJWK] = _read(cache)
        self._asked = float("-inf")
        self._asking = asyncio.Lock()

    async def verify(self, token: str) -> Caller:
        """Raises Unauthenticated with the reason; Unavailable when no key set could ever be had."""
        claims = _claims(token, await self._key(token), self._issuer, self._audience)
        now = self._clock.now().timestamp()
        if claims["exp"] <= now:
            raise Unauthenticated("the token has expired")
        if claims["iat"] > now + 60:
            raise Unauthenticated("the token is not valid yet")
        branch = claims.get("branch")
        return Caller(str(claims["sub"]), frozenset(str(claims.get("scope", "")).split()), branch, token)

    async def _key(self, token: str) -> jwt.PyJWK:
        try:
            header = jwt.get_unverified_header(token)
        except jwt.PyJWTError:
            raise Unauthenticated("the token is malformed") from None
        if header.get("alg") != ALGORITHM:
            raise Unauthenticated(f"the token is not signed with {ALGORITHM}")
        kid = str(header.get("kid"))
        await self._refresh(kid)
        if not self._keys:
            raise Unavailable("the key set cannot be had")
        if kid not in self._keys:
            raise Unauthenticated("the token's key is not in the key set")
        return self._keys[kid]

    async def _refresh(self, kid: str) -> None:
        """A caller whose key is unknown waits for a fetch in progress; one whose key is known does not."""
        if not self._url or (kid in self._keys and (self._age() < _MAX_AGE or self._asking.locked())):
            return
        async with self._asking:
            if self._age() < (_MAX_AGE if kid in self._keys else _MIN_AGE):
                return
            began = time.monotonic()
            try:
                body = await self._fetched(_SOON if kid in self._keys else _PATIENCE)
            except (httpx.HTTPError, TimeoutError, ValueError, KeyError, TypeError, jwt.PyJWTError) as error:
                self._asked = time.monotonic()
                if not self._keys:
                    raise Unavailable("the key set cannot be had") from error
                log.warning("key set not refreshed", error=type(error).__name__)
                return
            self._asked = began
            _write(self._cache, body)

    def _age(self) -> float:
        return time.monotonic() - self._asked

    async def _fetched(self, seconds: float) -> bytes:
        async with asyncio.timeout(seconds), httpx.AsyncClient(timeout=seconds) as client:
            body = (await client.get(self._url)).raise_for_status().content
        self._keys = _parsed(body)
        return body


def _claims(token: str, key: jwt.PyJWK, issuer: str, audience: str) -> dict[str, Any]:
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=[ALGORITHM],
            audience=audience,
            issuer=issuer,
            options={"require": ["exp", "iat", "iss", "aud", "sub"], "verify_exp": False, "verify_iat": False},
        )
    except jwt.InvalidAudienceError:
        raise Unauthenticated("the token is for another audience") from None
    except jwt.InvalidIssuerError:
        raise Unauthenticated("the token is from another issuer") from None
    except jwt.PyJWTError:
        raise Unauthenticated("the token is not valid") from None
    return claims


def _parsed(body: bytes) -> dict[str, jwt.PyJWK]:
    return {key["kid"]: jwt.PyJWK(key, algorithm=ALGORITHM) for key in orjson.loads(body)["keys"]}


def _read(cache: Path) -> dict[str, jwt.PyJWK]:
    try:
        return _parsed(cache.read_bytes())
    except (OSError, ValueError, KeyError, TypeError, jwt.PyJWTError):
        return {}


def _write(cache: Path, body: bytes) -> None:
    """Whole or not at all: neither a process killed half-way nor a second one leaves a file that cannot be read.

    A disk that is full costs the next start its cache, and no caller their answer.
    """
    whole = cache.with_name(f"{cache.name}.{os.getpid()}.new")
    try:
        cache.parent.mkdir(parents=True, exist_ok=True)
        with whole.open("wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        whole.replace(cache)
    except OSError as error:
        log.warning("key set not kept", error=type(error).__name__)


class Needs:
    """A dependency: the caller, if their token carries the scope."""

    def __init__(self, scope: str) -> None:
        self.scope = scope

    async def __call__(self, request: Request) -> Caller:
        caller: Caller = request.scope.get(CALLER) or await self._verified(request)
        if self.scope not in caller.scopes:
            raise Forbidden(f"the token lacks the scope {self.scope}")
        return caller

    async def _verified(self, request: Request) -> Caller:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated("a bearer token is needed")
        verifier: Verifier = request.app.state.verifier
        return await verifier.verify(token.strip())


class NeedsUnionWide(Needs):
    """A dependency: the caller, if their token carries the scope and is not limited to one branch."""

    async def __call__(self, request: Request) -> Caller:
        caller = await super().__call__(request)
        if caller.branch is not None:
            raise Forbidden("a token of one branch cannot do this for the whole union")
        return caller


def needs(scope: str) -> Needs:
    """`Annotated[Caller, Depends(needs("members:read"))]`."""
    return Needs(scope)


def public(reason: str, *, any_query: bool = False) -> Callable[[Endpoint], Endpoint]:
    """Mark an endpoint that takes no bearer token, and say what guards it instead.

    `any_query`: unknown query parameters are ignored. For links in messages, since mail programs and link scanners add
    parameters of their own, and for the token endpoint (RFC 6749, 3.2).
    """

    def mark(endpoint: Endpoint) -> Endpoint:
        endpoint.__public__ = reason  # type: ignore[attr-defined]
        endpoint.__any_query__ = any_query  # type: ignore[attr-defined]
        return endpoint

    return mark
