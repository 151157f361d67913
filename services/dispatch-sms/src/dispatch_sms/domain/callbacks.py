"""Where Twilio's webhooks come to, and what proves that a callback's address is ours."""

import hmac
from dataclasses import dataclass
from urllib.parse import parse_qsl
from uuid import UUID

STATUS_PATH = "/webhooks/twilio/status"
INBOUND_PATH = "/webhooks/twilio/inbound"
RETRIED = "#rc=5&rp=all"
"""Twilio's connection override: five retries, whatever went wrong. No part of the request nor of the signature."""


def callback_url(public_url: str, delivery_id: UUID, gen: int, mark: str) -> str:
    """Where Twilio reports on one attempt; `mark` proves that the ids are ours."""
    return f"{public_url}{STATUS_PATH}?d={delivery_id}&g={gen}&m={mark}{RETRIED}"


class CallbackMarks:
    """A callback names its delivery and attempt, and proves that the address came from us."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def mark(self, delivery_id: UUID, gen: int) -> str:
        """32 hex digits."""
        return hmac.digest(self._secret, f"callback|{delivery_id}|{gen}".encode(), "sha256")[:16].hex()

    def valid(self, delivery_id: UUID, gen: int, mark: str) -> bool:
        """Compared in constant time."""
        return hmac.compare_digest(self.mark(delivery_id, gen).encode(), mark.encode(errors="replace"))


@dataclass(frozen=True, slots=True)
class Attempt:
    """Which attempt a status callback says it is about."""

    delivery_id: UUID
    gen: int
    mark: str


def attempt_in(query: str) -> Attempt | None:
    """None where the query is not one of ours, such as that of a callback set in Twilio's console."""
    given = dict(parse_qsl(query))
    try:
        return Attempt(UUID(given["d"]), int(given["g"]), given["m"])
    except (KeyError, ValueError):
        return None
