"""dispatch-sms with a real broker, a real database and the sandbox as its carrier."""

import itertools
import json
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import sandbox.app
import sandbox.settings
from chassis.clock import Clock
from chassis.db.database import Database
from chassis.observability.metrics import Metrics
from contracts import topics
from contracts.event import Event
from contracts.events.campaigns import CampaignLaunched, Content, Sender
from contracts.events.deliveries import DeliveryEvent, DeliveryRequested
from contracts.events.members import Consent, ContactPoint, MemberChanged, Membership
from contracts.events.replies import ReplyReceived
from dispatch_sms import app
from dispatch_sms.settings import Settings
from local_stack.ports import free_port
from sqlalchemy import text

from tests.dispatch_sms.signing import signed
from tests.support.answers import http_client
from tests.support.facts import eventually
from tests.support.world import World

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
"""A Monday."""
OURS = "+447700900000"
_NUMBERS: Iterator[str] = (f"+4477009{number:05d}" for number in itertools.count(10_000) if 20 < number % 100 < 99)
QUICK: dict[str, Any] = {
    "deadline_seconds": 9.0,
    "call_timeout_seconds": 4.0,
    "doubt_seconds": 1.0,
    "pause_seconds": 0.2,
    "late_accept_seconds": 0.3,
    "list_lag_seconds": 0.3,
    "look_gap_seconds": 0.4,
    "look_every_seconds": 0.2,
    "looks_per_second": 50.0,
    "refusal_wait_seconds": 0.5,
}
"""The spans of DELIVERY.md, scaled down together."""


@dataclass
class House:
    """The service and its carrier, running."""

    world: World
    settings: Settings
    client: httpx.AsyncClient
    carrier: httpx.AsyncClient
    journal: Path
    database: Database
    clock: Clock
    metrics: Metrics
    versions: dict[UUID, int] = field(default_factory=dict)

    async def member(
        self, number: str | None = None, *, consented_at: datetime = NOON - timedelta(days=30), **fields: Any
    ) -> MemberChanged:
        """Tell of a member with a mobile and consent. A repeated `member_id` gets the next version."""
        member_id = fields.pop("member_id", None) or uuid.uuid4()
        self.versions[member_id] = version = fields.pop("version", self.versions.get(member_id, 0) + 1)
        consent = Consent(
            consent_id=uuid.uuid4(),
            channel="sms",
            purpose="campaign",
            granted=True,
            source="form",
            wording_version="1",
            at=consented_at,
        )
        values: dict[str, Any] = {
            "given_name": "Nia",
            "family_name": "Puw",
            "contact_points": (ContactPoint(channel="sms", address=number or next(_NUMBERS)),),
            "consents": (consent,),
            "memberships": (Membership(body="gwynedd", path=("union", "gwynedd"), valid_from=NOON.date()),),
        }
        member = MemberChanged(member_id=member_id, version=version, **(values | fields))
        await self.world.publish(topics.MEMBERS, str(member_id), member)
        return member

    async def campaign(self, words: str = "Picket at six, {{ given_name }}", **fields: Any) -> CampaignLaunched:
        """Tell of a launched campaign."""
        values: dict[str, Any] = {
            "version": 1,
            "state": "launched",
            "name": "Picket",
            "purpose": "campaign",
            "content": (Content(channel="sms", language="en", text=words),),
            "senders": (Sender(channel="sms", address=OURS),),
            "launched_on": NOON.date(),
            "expires_at": NOON + timedelta(days=1),
            "fallbacks": {"given_name": "friend"},
        }
        campaign = CampaignLaunched(campaign_id=uuid.uuid4(), **(values | fields))
        await self.world.publish(topics.CAMPAIGNS, str(campaign.campaign_id), campaign)
        return campaign

    async def ask(self, member: MemberChanged, campaign: CampaignLaunched, *, times: int = 1, step: int = 1) -> UUID:
        """Request a delivery, as the segmenter would."""
        request = DeliveryRequested(
            delivery_id=self.settings.ids.delivery(campaign.campaign_id, step, member.member_id, "sms"),
            campaign_id=campaign.campaign_id,
            launched_on=campaign.launched_on,
            step=step,
            channel="sms",
            member_id=member.member_id,
            member_version=member.version,
            branch="gwynedd",
            expires_at=campaign.expires_at,
        )
        for _ in range(times):
            await self.world.publish(topics.SMS_REQUESTS, str(member.member_id), request, request.delivery_id)
        return request.delivery_id

    async def asked(self, number: str | None = None, words: str = "Picket at six", **fields: Any) -> UUID:
        """A delivery of a campaign of its own to a member of its own."""
        member = await self.member(number)
        return await self.ask(member, await self.campaign(words, **fields))

    async def told(self, delivery_id: UUID, status: str, *, within: float = 60.0) -> list[DeliveryEvent]:
        """What was published of a delivery, once `status` was."""

        def of(events: list[Event]) -> list[DeliveryEvent]:
            return [item for item in events if isinstance(item, DeliveryEvent) and item.delivery_id == delivery_id]

        def enough(received: list[Any]) -> bool:
            return any(item.status == status for item in of([one.event for one in received]))

        return of(await self.world.read(topics.DELIVERIES, enough, within=within))

    async def replies(self, address: str, count: int = 1) -> list[ReplyReceived]:
        """What members at a number wrote, once there is that much of it."""
        hashed = self.settings.hash_address("sms", address)

        def of(events: list[Event]) -> list[ReplyReceived]:
            return [item for item in events if isinstance(item, ReplyReceived) and item.address_hash == hashed]

        events = await self.world.read(
            topics.REPLIES, lambda got: len(of([one.event for one in got])) >= count, within=40.0
        )
        return of(events)

    def sent(self, delivery_id: UUID) -> list[dict[str, Any]]:
        """The carrier's own journal of a delivery."""
        lines = (self.journal / "sms.jsonl").read_text().splitlines() if (self.journal / "sms.jsonl").exists() else []
        return [line for line in map(json.loads, lines) if line["delivery_id"] == str(delivery_id)]

    async def text(self, sender: str, words: str) -> list[str]:
        """A member texts us; what the carrier texts back."""
        answer = await self.carrier.post("/sandbox/inbound", json={"from": sender, "to": OURS, "body": words})
        said = answer.raise_for_status().json()
        assert said["status"] == 200, said
        replies: list[str] = said["replies"]
        return replies

    async def status(self, query: str, **form: str) -> httpx.Response:
        """A status callback as the carrier would sign it."""
        return await self._hook(f"/webhooks/twilio/status{'?' if query else ''}{query}", form)

    async def inbound(self, form: dict[str, str], *, token: str = "") -> httpx.Response:
        """An inbound text; `token` signs it with another secret."""
        return await self._hook("/webhooks/twilio/inbound", form, token)

    async def _hook(self, path: str, form: dict[str, str], token: str = "") -> httpx.Response:
        ours = token or self.settings.twilio_auth_token.get_secret_value()
        signature = signed(self.settings.public_url + path, list(form.items()), ours)
        headers = {"X-Twilio-Signature": signature, "Authorization": ""}
        return await self.client.post(path, data=form, headers=headers)

    async def fault(self, kind: str, to: str | None = None, **rule: Any) -> int:
        """Make the carrier misbehave towards one number, or, as its list knows none, towards everybody; the rule's
        id."""
        answer = await self.carrier.post("/sandbox/faults", json={"kind": kind, "to": to, **rule})
        return int(answer.raise_for_status().json()["faults"][0]["id"])

    async def hits(self, fault: int) -> int:
        """How often it struck."""
        listed = (await self.carrier.get("/sandbox/faults")).raise_for_status().json()["faults"]
        return next(int(each["hits"]) for each in listed if each["id"] == fault)

    def duplicates(self) -> float:
        """Second references so far."""
        found = self.metrics.registry.get_sample_value("duplicates_detected_total", {"channel": "sms"})
        assert found is not None
        return found

    async def rows(self, query: str, **values: Any) -> list[Any]:
        """Look into the service's database."""
        async with self.database.transaction() as session:
            return list((await session.execute(text(query), values)).all())

    async def state(self, delivery_id: UUID, state: str, *, within: float = 60.0) -> Any:
        """The ledger's row, once it is in that state."""

        async def look() -> Any:
            found = await self.rows("SELECT * FROM deliveries WHERE delivery_id = :id", id=delivery_id)
            return found[0] if found else None

        return await eventually(look, until=lambda row: row is not None and row.state == state, within=within)


@asynccontextmanager
async def house_in(world: World, folder: Path, **overrides: Any) -> AsyncIterator[House]:
    """Everything started; `overrides` are settings of dispatch-sms."""
    port = free_port()  # webhooks need an address before the service listens
    public = f"http://127.0.0.1:{port}"
    carrier_settings = world.settings(
        sandbox.settings.Settings,
        journal_dir=folder / "journal",
        inbound_url=f"{public}/webhooks/twilio/inbound#rc=5&rp=all",
        sent_delay=0.01,
        delivered_delay=0.05,
        callback_retry_seconds=0.1,
        smtp_port=0,
    )
    async with sandbox.app.build(carrier_settings).serving() as carrier_url:
        values = {
            "port": port,
            "public_url": public,
            "twilio_base_url": carrier_url,
            "clock_start": NOON,
            "sms_rate_per_second": 200.0,
            "union_name": "Lecturers' Union",
            "help_contact": "020 7946 0000",
            **QUICK,
        }
        settings = world.settings(Settings, **(values | overrides))
        account = (settings.twilio_account_sid, settings.twilio_auth_token.get_secret_value())
        database = Database(settings.database_url, pool_size=2)
        application = app.build(settings)
        async with (
            _closed(database),
            world.running(lambda _: application, settings) as client,
            http_client("sandbox", carrier_url, auth=account) as carrier,
        ):
            journal = folder / "journal"
            yield House(world, settings, client, carrier, journal, database, application.clock, application.metrics)


@asynccontextmanager
async def _closed(database: Database) -> AsyncIterator[None]:
    """At the end, also of a test that failed: what is left open fails whatever test runs when it is collected."""
    try:
        yield
    finally:
        await database.close()
