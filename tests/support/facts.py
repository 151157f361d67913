"""Awaiting facts instead of sleeping."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


async def eventually(
    look: Callable[[], T | Awaitable[T]],
    *,
    within: float = 20.0,
    every: float = 0.05,
    until: Callable[[T], bool] = bool,
) -> T:
    """What `look` returns once `until` holds of it. Raises AssertionError with the last look when it never does."""
    seen: list[T] = []
    try:
        async with asyncio.timeout(within):
            while True:
                found = look()
                value: T = await found if inspect.isawaitable(found) else found
                seen[:] = [value]
                if until(value):
                    return value
                await asyncio.sleep(every)
    except TimeoutError:
        raise AssertionError(f"not within {within} s; last seen: {seen}") from None
