"""Client of the dispatchers: gives a stop or a lift to each of them directly, so that it needs no broker."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

import httpx
from chassis.clock import Clock
from chassis.observability.logs import get
from chassis.signed_links import SignedLinks
from contracts.stop_orders import purpose
from pydantic import BaseModel, ValidationError
from segmenter.domain.confirmations import DispatcherConfirmation

log = get(__name__)
_VALID = timedelta(seconds=60)


class _Result(BaseModel):
    stopped: bool
    confirmed: bool


class Dispatchers:
    """Sends an order to all dispatchers at once; one that does not answer within `timeout` seconds has not confirmed
    it. No database connection may be held meanwhile."""

    def __init__(self, addresses: Mapping[str, str], links: SignedLinks, clock: Clock, timeout: float) -> None:
        self._addresses, self._links, self._clock, self._timeout = addresses, links, clock, timeout

    async def order(self, scope: UUID, version: int, *, stopped: bool, reason: str) -> list[DispatcherConfirmation]:
        """Stop or lift; each dispatcher keeps to the highest version of a scope, whichever way it came."""
        expires_at = self._clock.now() + _VALID
        signed = self._links.sign(purpose(stopped=stopped), scope, UUID(int=version), expires_at=expires_at)
        body = {"order": signed, "stopped": stopped, "reason": reason}
        async with httpx.AsyncClient(timeout=self._timeout) as client:
            faults = await asyncio.gather(*(self._fault(client, each, body) for each in self._addresses.values()))
        for dispatcher, fault in zip(self._addresses, faults, strict=True):
            if fault:
                log.error("not confirmed by a dispatcher", dispatcher=dispatcher, stopped=stopped, detail=fault)
        return [
            DispatcherConfirmation(dispatcher=dispatcher, confirmed=not fault, detail=fault)
            for dispatcher, fault in zip(self._addresses, faults, strict=True)
        ]

    async def _fault(self, client: httpx.AsyncClient, address: str, body: Mapping[str, object]) -> str:
        """Why a dispatcher has not confirmed; empty when it has."""
        if not address:
            return "no address"
        try:
            async with asyncio.timeout(self._timeout):
                answer = await client.post(f"{address.rstrip('/')}/sending/union-stops", json=body)
            result = _Result.model_validate_json(answer.raise_for_status().content)
        except httpx.HTTPStatusError as error:
            return f"answers {error.response.status_code}"
        except (httpx.HTTPError, TimeoutError) as error:
            return f"does not answer ({type(error).__name__})"
        except ValidationError:
            return "gives an answer that cannot be read"
        if result.stopped != body["stopped"]:
            return "a later order, or a stop of its operator, holds"
        return "" if result.confirmed else "stored, but a claim from before is still open"
