"""Ending tasks for certain."""

import asyncio
from collections.abc import Sequence
from typing import Any

_AGAIN = 5.0
"""Seconds; longer than what a task does when it is cancelled."""


async def cancelled(tasks: Sequence[asyncio.Task[Any]], *, again: float = _AGAIN) -> None:
    """Until they have ended: a cancellation that meets a finished wait is lost in Python 3.11's `wait_for`, ours or a
    library's, and a loop around it would go on for ever."""
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=again)
    await asyncio.gather(*tasks, return_exceptions=True)
