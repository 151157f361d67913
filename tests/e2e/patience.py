"""People who go on working while services are stopped and started around them."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
from local_stack.stack import Stack
from muster_demo.answering import lines
from muster_demo.api import Refusal, Staff

_PATIENCE = 60.0


class PatientStaff(Staff):
    """Looks again when a service does not answer; whatever changes something is said once."""

    async def call(self, service: str, method: str, path: str, **request: Any) -> Any:
        """The answer, once there is one."""
        async with asyncio.timeout(_PATIENCE):
            while True:
                try:
                    return await super().call(service, method, path, **request)
                except httpx.TransportError:
                    if method != "GET":
                        raise
                except Refusal as refusal:
                    if method != "GET" or refusal.status != 503:
                        raise
                await asyncio.sleep(0.2)


class Postmaster:
    """Decides held e-mails by the mail server's own book: there it is, or there it is not."""

    def __init__(self, stack: Stack, staff: Staff) -> None:
        self._stack, self._staff = stack, staff
        self.decided: dict[UUID, str] = {}

    async def work(self) -> None:
        """Endless."""
        while True:
            for held in (await self._staff.get("dispatch-email", "/held"))["items"]:
                await self._decide(held["delivery_id"])
            await asyncio.sleep(0.5)

    async def _decide(self, held: str) -> None:
        there = any(line["delivery_id"] == held for line in lines(self._stack.journal, "email.jsonl"))
        decision = "accepted" if there else "resend"
        try:
            await self._staff.post("dispatch-email", f"/held/{held}/release", {"decision": decision})
        except (httpx.TransportError, Refusal):
            return  # seen again, or decided: the list says
        self.decided[UUID(held)] = decision
