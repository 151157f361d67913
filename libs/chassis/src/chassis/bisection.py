"""Finds the one among many at which a step fails: what fails is halved until that one stands alone."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from chassis.errors import Unavailable

T = TypeVar("T")


async def bisect(
    many: T,
    handle: Callable[[T], Awaitable[None]],
    halves: Callable[[T], tuple[T, ...]],
    alone: Callable[[T, Exception, int], Awaitable[None]],
    before: int = 0,
) -> None:
    """Give `many` to `handle`. What fails is given to it again in `halves`, in order; where there are none (it is one
    item), `alone` receives it with its error and how many calls had it, `before` included. Raises Unavailable: that is
    no item's fault, and nothing after it is handled."""
    try:
        await handle(many)
    except Unavailable:
        raise
    except Exception as error:  # noqa: BLE001 - `alone` receives it
        parts = halves(many)
        for part in parts:
            await bisect(part, handle, halves, alone, before + 1)
        if not parts:
            await alone(many, error, before + 1)
