"""Several events about the same thing: which one counts."""

from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar
from uuid import UUID


class _Versioned(Protocol):
    @property
    def version(self) -> int: ...


E = TypeVar("E", bound=_Versioned)


def latest_versions(events: Iterable[E], key: Callable[[E], UUID]) -> list[E]:
    """The highest version of each, in the order of their keys, so that two batches lock rows in the same order."""
    last: dict[UUID, E] = {}
    for event in events:
        known = last.get(key(event))
        if known is None or known.version < event.version:
            last[key(event)] = event
    return [last[item] for item in sorted(last)]
