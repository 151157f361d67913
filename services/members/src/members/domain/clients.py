"""Systems that may ask for tokens: their secrets, their scopes, and how often they may try."""

import hashlib
import hmac
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from chassis.errors import Fault, Forbidden, Refused
from pydantic import StringConstraints

SCOPES = frozenset(
    {
        *("members:read", "members:write", "members:erase", "bodies:write", "imports:write", "events:write"),
        *("clients:write", "history:read", "segments:read", "segments:write", "campaigns:read", "campaigns:write"),
        *("campaigns:approve", "campaigns:launch", "campaigns:pass-quiet-hours", "sending:stop", "deliveries:read"),
        *("suppressions:write", "polls:read", "polls:write", "replies:read"),
        *("segments:sensitive", "campaigns:test", "staff:write"),
    }
)
ClientId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
_N, _R, _P = 2**14, 8, 1
"""scrypt's costs as OWASP's password storage sheet has them for 16 MiB; our secrets are random besides."""


@dataclass(frozen=True, slots=True)
class Client:
    """A system that may ask for tokens; `branch` limits it to one branch's members."""

    client_id: str
    secret_hash: bytes
    salt: bytes
    scopes: tuple[str, ...]
    branch: str | None
    created_at: datetime


def new_secret() -> str:
    """256 random bits."""
    return secrets.token_urlsafe(32)


def hashed(secret: str, salt: bytes) -> bytes:
    """scrypt; some 50 ms of one core, so keep it off the event loop."""
    return hashlib.scrypt(secret.encode("utf-8", "surrogatepass"), salt=salt, n=_N, r=_R, p=_P, dklen=32)


def made(client_id: str, secret: str, scopes: Collection[str], branch: str | None, now: datetime) -> Client:
    """A client with its secret hashed. Raises Refused for a scope that is not there, or a weak secret."""
    unknown = sorted(set(scopes) - SCOPES)
    if unknown or not scopes:
        faults = [Fault("scopes", f"{scope[:50]} is not a scope") for scope in unknown] or [Fault("scopes", "is empty")]
        raise Refused("the scopes are wrong", faults=faults)
    if len(secret) < 32:
        raise Refused("needs at least 32 characters", field="secret")
    salt = secrets.token_bytes(16)
    return Client(client_id, hashed(secret, salt), salt, tuple(sorted(scopes)), branch, now)


def knows(client: Client | None, secret: str) -> bool:
    """Whether the secret is the client's; as slow for a client that does not exist."""
    digest = hashed(secret, client.salt if client else b"nobody here")
    return client is not None and hmac.compare_digest(digest, client.secret_hash)


def granted(client: Client, wanted: str | None) -> frozenset[str]:
    """The scopes of a token: all of the client's, or those asked for. Raises Forbidden for others."""
    if wanted is None or not wanted.split():
        return frozenset(client.scopes)
    asked = frozenset(wanted.split())
    if not asked <= set(client.scopes):
        raise Forbidden("the client does not have every scope it asks for")
    return asked


def next_arrival(arrival: datetime | None, now: datetime, a_minute: int) -> tuple[datetime, timedelta]:
    """GCRA with a burst of a minute's worth: the new theoretical arrival, and how long to wait (zero: go ahead).

    An arrival further ahead than the burst can only come from a clock that was set back; it counts as the burst.
    """
    step, burst = timedelta(minutes=1) / a_minute, timedelta(minutes=1)
    known = min(max(arrival or now, now), now + burst)
    wait = known + step - now - burst
    return (known + step, timedelta()) if wait <= timedelta() else (known, wait)
