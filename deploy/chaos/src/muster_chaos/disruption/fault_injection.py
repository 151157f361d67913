"""Injects the faults of a run into the sandbox, one period after the other."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import httpx
from local_stack.sandbox_client import SandboxClient
from muster_chaos import time_scale
from muster_chaos.disruption.provider_faults import Rule, fault_periods

_RETRY_SECONDS = 0.5


class FaultInjection:
    """A period's faults are left out while the sandbox is down, and while an incident has faults of its own."""

    def __init__(self, sandbox: SandboxClient, seed: int) -> None:
        self._sandbox, self._seed, self._turn = sandbox, seed, asyncio.Lock()

    async def run(self) -> None:
        """Endless."""
        for now in fault_periods(self._seed, late_seconds=time_scale.LATE_ACCEPT, lag_seconds=time_scale.LIST_LAG):
            async with self._turn:
                await self._try(*now.rules)
            await asyncio.sleep(now.seconds)

    async def remove(self) -> None:
        """Remove all faults, if the sandbox answers."""
        await self._try()

    async def _try(self, *rules: Rule) -> bool:
        with suppress(httpx.HTTPError):
            await self._sandbox.faults(*rules)
            return True
        return False

    @asynccontextmanager
    async def only(self, *rules: Rule) -> AsyncIterator[None]:
        """Within the block there are these faults and no others."""
        async with self._turn:
            await self._insist(*rules)
            yield
            await self._insist()

    async def _insist(self, *rules: Rule) -> None:
        while not await self._try(*rules):
            await asyncio.sleep(_RETRY_SECONDS)
