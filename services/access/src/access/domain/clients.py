"""API clients: systems that may ask for tokens, with their secrets and scopes."""

import hashlib
import hmac
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from chassis.errors import Fault, Forbidden, Refused
from pydantic import StringConstraints

SCOPES: Mapping[str, str] = {
    "members:read": "members and bodies",
    "members:write": "create and change members, record consents",
    "members:erase": "delete a member for good, in every service",
    "bodies:write": "create, change and remove bodies",
    "imports:write": "check and apply a roll",
    "events:write": "post events",
    "clients:write": "clients and signing keys",
    "history:read": "a member's history",
    "segments:read": "segments, and who is in them",
    "segments:write": "create and change segments",
    "segments:sensitive": "who was selected by a special-category interest, and segments by one",
    "campaigns:read": "campaigns and their progress",
    "campaigns:write": "create and change campaigns",
    "campaigns:test": "send a campaign to test staff",
    "campaigns:approve": "approve a campaign",
    "campaigns:launch": "launch, pause, resume and cancel campaigns",
    "campaigns:urgent": "write a campaign that is sent before all others, and above the fatigue cap",
    "campaigns:pass-quiet-hours": "write a campaign that is sent in quiet hours too",
    "staff:write": "the list of test staff",
    "sending:stop": "stop all sending and lift the stop, decide about held deliveries",
    "deliveries:read": "deliveries, suppressed addresses",
    "suppressions:write": "suppress an address, and lift a suppression",
    "polls:read": "polls and their results",
    "polls:write": "create, open and close polls",
    "replies:read": "what members replied",
}
"""Every scope, and what it allows."""
ClientId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
_MIN_SECRET_LENGTH = 32
_N, _R, _P = 2**14, 8, 1
"""scrypt's costs as OWASP's password storage sheet has them for 16 MiB."""


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
    """256 random bits, in base64url."""
    return secrets.token_urlsafe(32)


def _hash(secret: str, salt: bytes) -> bytes:
    return hashlib.scrypt(secret.encode("utf-8", "surrogatepass"), salt=salt, n=_N, r=_R, p=_P, dklen=32)


def new_client(client_id: str, secret: str, scopes: Collection[str], branch: str | None, now: datetime) -> Client:
    """Hashing takes 50 ms: call it off the event loop. Raises Refused for an unknown scope or a weak secret."""
    unknown = sorted(set(scopes) - SCOPES.keys())
    if unknown or not scopes:
        faults = [Fault("scopes", f"{scope[:50]} is not a scope") for scope in unknown] or [Fault("scopes", "is empty")]
        raise Refused("the scopes are wrong", faults=faults)
    if len(secret) < _MIN_SECRET_LENGTH:
        raise Refused(f"needs at least {_MIN_SECRET_LENGTH} characters", field="secret")
    salt = secrets.token_bytes(16)
    return Client(client_id, _hash(secret, salt), salt, tuple(sorted(scopes)), branch, now)


def has_secret(client: Client | None, secret: str) -> bool:
    """Whether the secret is the client's. As slow for a client that does not exist; call it off the event loop."""
    digest = _hash(secret, client.salt if client else b"unknown client")
    return client is not None and hmac.compare_digest(digest, client.secret_hash)


def granted_scopes(client: Client, requested: str | None) -> frozenset[str]:
    """The scopes of a token: all of the client's, or those requested. Raises Forbidden for others."""
    if requested is None or not requested.split():
        return frozenset(client.scopes)
    scopes = frozenset(requested.split())
    if not scopes <= set(client.scopes):
        raise Forbidden("the client does not have every scope it asks for")
    return scopes
