"""Awaiting facts instead of sleeping."""

import asyncio
import inspect
import os
from collections.abc import Callable
from typing import Any

import httpx
from chassis.http.health import NOT_YET

_PATIENCE = 3 if "PYTEST_XDIST_WORKER" in os.environ else 1


def patient(seconds: float) -> float:
    """How long to wait for what takes at most so long: three times that where workers share the processors."""
    return seconds * _PATIENCE


async def eventually(
    look: Callable[[], Any], *, within: float = 60.0, every: float = 0.05, until: Callable[[Any], bool] = bool
) -> Any:
    """What `look` (awaited if need be) gives once `until` holds of it; AssertionError with the last look otherwise."""
    seen: list[Any] = []
    try:
        async with asyncio.timeout(patient(within)):
            while True:
                found = look()
                value = await found if inspect.isawaitable(found) else found
                seen[:] = [value]
                if until(value):
                    return value
                await asyncio.sleep(every)
    except TimeoutError:
        raise AssertionError(f"not within {patient(within)} s; last seen: {seen}") from None


async def subscription(client: httpx.AsyncClient) -> None:
    """Once every consumer of a service has joined: what waits for its topics to be read gives up after a while."""

    async def joined() -> bool:
        return has_joined(await client.get("/readyz"))

    await eventually(joined, within=120)


def has_joined(ready: httpx.Response) -> bool:
    """By an answer of /readyz: it takes requests, and its consumers have joined their groups."""
    return ready.is_success and NOT_YET not in ready.json()["parts"].values()
