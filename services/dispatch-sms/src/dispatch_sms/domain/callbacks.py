"""Where Twilio's webhooks come to."""

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
