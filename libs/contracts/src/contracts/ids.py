"""Derived ids and pseudonyms: the same input gives the same id, so that a repetition is recognised.

The namespace is a secret of the installation. With a public one, a list of member ids would be enough to
recompute every delivery id and so undo the pseudonyms (a million in 11 s, measured).
"""

import hashlib
import hmac
from uuid import UUID, uuid5

from contracts.mail_domains import ascii_domain


class Ids:
    """Derived ids of one installation. `secret` has at least 32 bytes."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) < 32:
            raise ValueError("the id secret needs at least 32 bytes")
        self._namespace = UUID(bytes=hmac.digest(secret, b"muster/namespace", "sha256")[:16], version=5)

    def delivery(self, campaign_id: UUID, step: int, member_id: UUID, channel: str) -> UUID:
        """Id of a delivery: one step of a campaign to one member on one channel."""
        return uuid5(self._namespace, f"delivery|{campaign_id}|{step}|{member_id}|{channel}")

    def event(self, *parts: object) -> UUID:
        """Id of an event derived from these parts, such as a delivery id and a status."""
        return uuid5(self._namespace, "event|" + "|".join(map(str, parts)))


class Pseudonyms:
    """HMACs of member ids under one key; the deliveries of a member can be found only with the key."""

    def __init__(self, secret: bytes, key_id: str) -> None:
        self._secret, self.key_id = secret, key_id

    def of(self, member_id: UUID) -> str:
        """32 hex digits."""
        return hmac.new(self._secret, member_id.bytes, hashlib.sha256).hexdigest()[:32]


def address_hash(secret: bytes, channel: str, address: str) -> str:
    """Keyed hash of a normalised address, 64 hex digits; suppressions are stored under it."""
    return hmac.new(secret, f"{channel}|{_normalised(address.strip())}".encode(), hashlib.sha256).hexdigest()


def _normalised(address: str) -> str:
    """One spelling of what reaches the same mailbox: a domain by the name that mail is routed by."""
    local, at, domain = address.rpartition("@")
    try:
        return f"{local}{at}{ascii_domain(domain)}".casefold() if at else address.casefold()
    except ValueError:
        return address.casefold()
