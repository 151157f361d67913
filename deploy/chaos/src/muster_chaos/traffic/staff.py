"""Staff who go on working while services are killed and restarted."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
from local_stack.stack import Stack
from muster_demo.staff import Refusal, Staff
from sandbox.journal.lines import EMAIL

_PATIENCE = 180.0


class PatientStaff(Staff):
    """Repeats reads when a service does not answer; a request that changes something is made once."""

    patience_seconds = _PATIENCE

    def repeats(self, method: str) -> bool:
        """Whether the request may be repeated when its answer was lost."""
        return method == "GET"

    async def call(self, service: str, method: str, path: str, **request: Any) -> Any:
        """The answer, as soon as there is one."""
        async with asyncio.timeout(self.patience_seconds):
            while True:
                try:
                    return await super().call(service, method, path, **request)
                except httpx.TransportError:
                    if not self.repeats(method):
                        raise
                except Refusal as refusal:
                    if not self.repeats(method) or refusal.status != 503:
                        raise
                await asyncio.sleep(0.2)


class InsistentStaff(PatientStaff):
    """Repeats every request until it is answered, as another system does with the same event id."""

    patience_seconds = 180.0

    def repeats(self, method: str) -> bool:
        """Always."""
        return True


class HeldMailOperator:
    """Decides held e-mails by the mail server's journal: accepted if it is in there, else to be sent again."""

    def __init__(self, stack: Stack, staff: Staff) -> None:
        self._stack, self._staff = stack, staff
        self.decided: dict[UUID, str] = {}

    async def work(self) -> None:
        """Endless."""
        while True:
            await self.once()
            await asyncio.sleep(0.5)

    async def once(self) -> None:
        """Every e-mail that is held now."""
        for held in (await self._staff.get("dispatch-email", "/held"))["items"]:
            await self._decide(held["delivery_id"])

    async def _decide(self, held: str) -> None:
        there = any(line["delivery_id"] == held for line in EMAIL.lines(self._stack.journal))
        decision = "accepted" if there else "resend"
        try:
            await self._staff.post("dispatch-email", f"/held/{held}/release", {"decision": decision})
        except (httpx.TransportError, Refusal):
            return  # decided already, or decided on the next look
        self.decided[UUID(held)] = decision
