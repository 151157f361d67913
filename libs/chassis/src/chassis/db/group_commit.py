"""Lets many callers share one transaction: while one batch is written, the next gathers."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")


class GroupCommit(Generic[T]):
    """`write` is called with up to `most` items at a time, one call after the other, in the order they came."""

    def __init__(self, write: Callable[[Sequence[T]], Awaitable[None]], *, most: int, linger: float = 0.0) -> None:
        self._write, self._most, self._linger = write, most, linger
        self._waiting: list[tuple[T, asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def put(self, item: T) -> None:
        """Return once the item is written. Raises what `write` raised for its batch."""
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
            (error,) = await asyncio.gather(self._write([item for item, _ in batch]), return_exceptions=True)
            for _, future in batch:
                _settle(future, error)


def _settle(future: asyncio.Future[None], error: BaseException | None) -> None:
    if future.done():
        return
    if isinstance(error, asyncio.CancelledError):
        future.cancel()
    elif error is not None:
        future.set_exception(error)
    else:
        future.set_result(None)
