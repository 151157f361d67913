"""Client of the other services' histories of a member."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

import httpx
from chassis.observability.logs import get
from members.domain.history import HistoryEntry, HistoryPage
from pydantic import AwareDatetime, BaseModel, ValidationError

log = get(__name__)


class _History(BaseModel):
    entries: list[HistoryEntry]
    next: AwareDatetime | None = None


class RemoteHistory:
    """Asks every service at once; one that does not answer within `timeout` seconds is reported as missing."""

    def __init__(self, addresses: Mapping[str, str], timeout: float) -> None:
        self._addresses, self._timeout = addresses, timeout

    async def pages(
        self, member_id: UUID, token: str, before: datetime | None, limit: int
    ) -> tuple[list[HistoryPage], list[str]]:
        """Their latest entries, and the services that did not answer. The caller's own token limits what they show."""
        page = {"limit": str(limit)} | ({"before": before.isoformat()} if before else {})
        path = f"/members/{member_id}/history?{urlencode(page)}"
        async with httpx.AsyncClient(timeout=self._timeout, headers={"Authorization": f"Bearer {token}"}) as client:
            answers = await asyncio.gather(
                *(self._ask(client, service, address, path) for service, address in self._addresses.items())
            )
        missing = [service for service, found in zip(self._addresses, answers, strict=True) if found is None]
        return [found for found in answers if found is not None], missing

    async def _ask(self, client: httpx.AsyncClient, service: str, address: str, path: str) -> HistoryPage | None:
        if not address:
            return None
        try:
            async with asyncio.timeout(self._timeout):
                answer = await client.get(f"{address.rstrip('/')}{path}")
            if answer.status_code == httpx.codes.NOT_FOUND:
                return HistoryPage(())
            found = _History.model_validate_json(answer.raise_for_status().content)
            entries = [entry.model_copy(update={"service": service}) for entry in found.entries]
            return HistoryPage(entries, found.next)
        except (httpx.HTTPError, TimeoutError, ValidationError) as error:
            log.warning("no history from another service", asked=service, error=type(error).__name__)
            return None
