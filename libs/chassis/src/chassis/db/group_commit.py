"""Lets many callers share one transaction: while one batch is written, the next gathers."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from chassis.bisection import bisect

T = TypeVar("T")
_Waiting = list[tuple[T, asyncio.Future[None]]]


class GroupCommit(Generic[T]):
    """`write` is called with up to `most` items at a time, one call after the other, in the order they came. A batch
    that fails is halved, so that an item at fault fails alone."""

    def __init__(self, write: Callable[[Sequence[T]], Awaitable[None]], *, most: int, linger: float = 0.0) -> None:
        self._write, self._most, self._linger = write, most, linger
        self._waiting: _Waiting[T] = []
        self._writing: asyncio.Task[None] | None = None

    async def put(self, item: T) -> None:
        """Return once the item is written. Raises what `write` raised for it alone, or Unavailable for its batch."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._drain())
        await future

    async def _drain(self) -> None:
        while self._waiting:
            if len(self._waiting) < self._most and self._linger:
                await asyncio.sleep(self._linger)
            batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
            outcome = bisect(batch, self._write_all, _halves, _fail)
            (error,) = await asyncio.gather(outcome, return_exceptions=True)
            _settle(batch, error)

    async def _write_all(self, batch: _Waiting[T]) -> None:
        await self._write([item for item, _ in batch])
        _settle(batch)


def _halves(batch: _Waiting[T]) -> tuple[_Waiting[T], ...]:
    middle = len(batch) // 2
    return (batch[:middle], batch[middle:]) if middle else ()


async def _fail(batch: _Waiting[T], error: Exception, _: int) -> None:
    _settle(batch, error)


def _settle(batch: _Waiting[T], error: BaseException | None = None) -> None:
    """What is settled already stays as it is."""
    for _, future in batch:
        if future.done():
            continue
        if isinstance(error, asyncio.CancelledError):
            future.cancel()
        elif error is not None:
            future.set_exception(error)
        else:
            future.set_result(None)
