"""Client of the other services' histories of a member."""

import asyncio
from collections.abc import Mapping
from uuid import UUID

import httpx
from chassis.observability.logs import get
from members.domain.history import HistoryEntry
from pydantic import BaseModel, ValidationError

log = get(__name__)


class _History(BaseModel):
    entries: list[HistoryEntry]


class RemoteHistory:
    """Asks every service at once; one that does not answer within `timeout` seconds is reported as missing."""

    def __init__(self, addresses: Mapping[str, str], timeout: float) -> None:
        self._addresses, self._timeout = addresses, timeout

    async def entries(self, member_id: UUID, token: str) -> tuple[list[HistoryEntry], list[str]]:
        """Their entries, and the services that did not answer. The caller's own token limits what they show."""
        async with httpx.AsyncClient(timeout=self._timeout, headers={"Authorization": f"Bearer {token}"}) as client:
            answers = await asyncio.gather(
                *(self._ask(client, service, address, member_id) for service, address in self._addresses.items())
            )
        missing = [service for service, found in zip(self._addresses, answers, strict=True) if found is None]
        return [entry for found in answers for entry in found or ()], missing

    async def _ask(
        self, client: httpx.AsyncClient, service: str, address: str, member_id: UUID
    ) -> list[HistoryEntry] | None:
        if not address:
            return None
        try:
            async with asyncio.timeout(self._timeout):
                answer = await client.get(f"{address.rstrip('/')}/members/{member_id}/history")
            if answer.status_code == httpx.codes.NOT_FOUND:
                return []
            entries = _History.model_validate_json(answer.raise_for_status().content).entries
            return [entry.model_copy(update={"service": service}) for entry in entries]
        except (httpx.HTTPError, TimeoutError, ValidationError) as error:
            log.warning("no history from another service", asked=service, error=type(error).__name__)
            return None
