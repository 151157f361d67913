"""Several events about the same thing: which one counts."""

from collections.abc import Callable, Iterable
from typing import TypeVar
from uuid import UUID

E = TypeVar("E")
K = TypeVar("K", UUID, tuple[UUID, UUID])


def latest(events: Iterable[E], key: Callable[[E], K], number: Callable[[E], int] = lambda _: 0) -> list[E]:
    """The event with the highest number for each key; among equals the last one.

    They are in the order of their keys, so that two batches lock rows in the same order.
    """
    last = {key(event): event for event in sorted(events, key=number)}
    return [last[each] for each in sorted(last)]
