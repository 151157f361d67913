"""The service between its neighbours, and what a test asks of them."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import aiosmtplib
import httpx
from chassis.observability.metrics import Metrics
from contracts import topics
from contracts.events.deliveries import DeliveryEvent
from contracts.events.members import MemberChanged
from dispatch_email.domain.return_path import Attempt
from dispatch_email.settings import Settings

from tests.dispatch_email.campaigning import Campaigning
from tests.support.facts import eventually
from tests.support.paging import pages
from tests.support.world import World

DOMAIN = "mail.union.example"
_PATIENCE = 60.0
"""A machine may be busy with more than these tests."""


@dataclass
class Post:
    """The service, the sandbox, and what a test asks them."""

    world: World
    settings: Settings
    service: httpx.AsyncClient
    office: httpx.AsyncClient
    bounce_port: int
    journal: Path
    metrics: Metrics

    def counted(self, name: str, **labels: str) -> float:
        """A counter of the service, summed over the labels that are not given."""
        lines = (line for family in self.metrics.registry.collect() for line in family.samples if line.name == name)
        return sum(line.value for line in lines if labels.items() <= line.labels.items())

    async def mail(self, address: str) -> list[dict[str, Any]]:
        """What the sandbox took for an address, oldest first."""
        answer = await self.office.get("/sandbox/mail", params={"to": address})
        return list(reversed(answer.json()["mail"]))

    async def arrived(self, address: str) -> dict[str, Any]:
        """The first mail for an address."""
        found: list[dict[str, Any]] = await eventually(lambda: self.mail(address), within=_PATIENCE)
        return found[0]

    async def told(self, delivery_id: UUID, status: str) -> DeliveryEvent:
        """The event that says so of a delivery."""
        found = await self.world.read(
            topics.DELIVERIES,
            lambda heard: any(_is(item.event, delivery_id, status) for item in heard),
            within=_PATIENCE,
        )
        return next(event for event in found if isinstance(event, DeliveryEvent) and _is(event, delivery_id, status))

    async def statuses(self, delivery_id: UUID) -> list[str]:
        """All that was said of a delivery so far."""
        found = await self.world.read(topics.DELIVERIES, 0)
        return [
            event.status for event in found if isinstance(event, DeliveryEvent) and event.delivery_id == delivery_id
        ]

    async def fault(self, **rule: Any) -> None:
        """The sandbox misbehaves."""
        (await self.office.post("/sandbox/faults", json=rule)).raise_for_status()

    async def another(self, person: MemberChanged) -> UUID:
        """Another campaign reaches for the same member."""
        return await (await Campaigning.launched(self.world)).ask(person, known=True)

    def source(self, delivery_id: UUID) -> bytes:
        """The message as the mail server took it."""
        lines = map(json.loads, (self.journal / "email.jsonl").read_text().splitlines())
        return next(str(line["source"]) for line in lines if line["delivery_id"] == str(delivery_id)).encode()

    def return_path(self, delivery_id: UUID, gen: int = 1) -> str:
        """Where a bounce of an attempt goes."""
        return self.settings.return_paths.of(Attempt(delivery_id, gen))

    async def bring(self, to: str, raw: bytes) -> str:
        """Bring a mail to the bounce address, as a mail server would; the answer to the dot. Raises SMTPException."""
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=self.bounce_port, start_tls=False) as carrier:
            _, answer = await carrier.sendmail("", [to], raw)
        return answer

    async def strays(self) -> dict[tuple[str, bool], int]:
        """How many mails fitted nothing, by kind and whether their return path was ours."""
        rows = await pages(self.service, "/stray-mail", "before", limit=1)
        return {(row["kind"], row["proven"]): row["seen"] for row in rows}


def _is(event: object, delivery_id: UUID, status: str) -> bool:
    return isinstance(event, DeliveryEvent) and event.delivery_id == delivery_id and event.status == status


def quick(**changes: Any) -> dict[str, Any]:
    """Settings with short waits; the sums of DELIVERY.md still hold."""
    return {
        "smtp_tls": "none",
        "mail_domain": DOMAIN,
        "bounce_port": 0,
        "email_rate_per_second": 200,
        "smtp_offer_seconds": 4.0,
        "smtp_answer_seconds": 5.0,
        "smtp_retry_seconds": 0.3,
        "smtp_reconnect_seconds": 0.3,
        "call_timeout_seconds": 10.0,
        "deadline_seconds": 12.0,
        "pause_seconds": 0.2,
        "late_accept_seconds": 0.3,
        "doubt_seconds": 0.5,
        "look_gap_seconds": 0.2,
        "look_every_seconds": 0.2,
    } | changes
