"""The other services, asked for what they know of a member."""

import asyncio
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import httpx
import orjson
from chassis.observability.logs import get

log = get(__name__)
Entry = dict[str, Any]


class Neighbours:
    """Asks all of them at once; one that does not answer within `seconds` is named, not waited for."""

    def __init__(self, addresses: Mapping[str, str], seconds: float) -> None:
        self._addresses, self._seconds = addresses, seconds

    async def history(self, member_id: UUID, token: str) -> tuple[list[Entry], list[str]]:
        """Their entries, and who did not answer. The caller's own token is passed on: they see what they may see."""
        async with httpx.AsyncClient(timeout=self._seconds, headers={"Authorization": f"Bearer {token}"}) as client:
            answers = await asyncio.gather(
                *(self._ask(client, name, address, member_id) for name, address in self._addresses.items())
            )
        missing = [name for name, found in zip(self._addresses, answers, strict=True) if found is None]
        return [entry for found in answers for entry in found or ()], missing

    async def _ask(self, client: httpx.AsyncClient, name: str, address: str, member_id: UUID) -> list[Entry] | None:
        if not address:
            return None
        try:
            async with asyncio.timeout(self._seconds):
                answer = await client.get(f"{address.rstrip('/')}/members/{member_id}/history")
            if answer.status_code == httpx.codes.NOT_FOUND:
                return []
            entries = orjson.loads(answer.raise_for_status().content)["entries"]
            return [{**entry, "service": name, "at": entry["at"]} for entry in entries]
        except (httpx.HTTPError, TimeoutError, ValueError, KeyError, TypeError) as error:
            log.warning("no history from a neighbour", neighbour=name, error=type(error).__name__)
            return None
