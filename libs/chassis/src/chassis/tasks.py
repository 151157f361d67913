"""Ending tasks for certain."""

import asyncio
from collections.abc import Sequence
from typing import Any

from chassis.observability.logs import get

log = get(__name__)
_AGAIN = 5.0
"""Seconds; longer than what a task does when it is cancelled."""
_TIMES = 6


async def cancelled(tasks: Sequence[asyncio.Task[Any]], *, again: float = _AGAIN) -> None:
    """Cancel until they have ended: a cancellation that meets a finished wait is lost in Python 3.11's `wait_for`, ours
    or a library's, and a loop around it would go on for ever. A task that still does not end is left behind with an
    error in the log, so that stopping a process takes a bounded time."""
    pending = set(tasks)
    for _ in range(_TIMES):
        if not pending:
            break
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=again)
    for task in pending:
        log.error("a task does not end", task=task.get_name())
    await asyncio.gather(*set(tasks) - pending, return_exceptions=True)
