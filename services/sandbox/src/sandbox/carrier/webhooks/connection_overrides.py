"""Twilio's connection overrides in the fragment of a webhook address: retries and timeouts.

https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from urllib.parse import parse_qs


@dataclass(frozen=True, slots=True)
class ConnectionOverrides:
    """What the fragment says, with Twilio's defaults. Times in seconds."""

    address: str
    retries: int = 1
    policy: frozenset[str] = frozenset({"ct"})
    """The failures that are retried: 4xx, 5xx, ct (connecting), rt (reading)."""
    connect: float = 5.0
    read: float = 15.0
    total: float = 15.0


def connection_overrides(url: str) -> ConnectionOverrides:
    """Read `#rc=5&rp=all`; the fragment itself is never sent nor signed."""
    address, _, fragment = url.partition("#")
    return replace(_parsed(fragment), address=address)


@lru_cache(maxsize=64)
def _parsed(fragment: str) -> ConnectionOverrides:
    given = {name: values[-1] for name, values in parse_qs(fragment).items()}
    policy = frozenset(given.get("rp", "ct").split(","))
    return ConnectionOverrides(
        address="",
        retries=int(_bounded(given.get("rc"), 1, 0, 5)),
        policy=frozenset({"4xx", "5xx", "ct", "rt"}) if "all" in policy else policy,
        connect=_bounded(given.get("ct"), 5000, 100, 10000) / 1000,
        read=_bounded(given.get("rt"), 15000, 100, 15000) / 1000,
        total=_bounded(given.get("tt"), 15000, 100, 15000) / 1000,
    )


def _bounded(given: str | None, default: int, low: int, high: int) -> float:
    value = int(given) if given and given.isdecimal() else default
    return min(max(value, low), high)
