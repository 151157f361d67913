"""A dispatcher with a provider written by hand: the library's own tests need no carrier, only its answers."""

import asyncio
import itertools
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

import chassis.tables
from chassis.app import Application
from chassis.clock import Clock
from chassis.consuming import Batch, Heard
from chassis.database import Database
from chassis.kafka import Kafka
from chassis.metrics import Metrics
from content import parts
from contracts import topics
from contracts.campaigns import CampaignEvent, CampaignLaunched, Content, Sender
from contracts.deliveries import DeliveryEvent, DeliveryRequested
from contracts.event import Event
from contracts.members import Consent, ContactPoint, MemberChanged, Membership
from contracts.topics import Topic
from dispatch.assembly import Dispatch
from dispatch.claiming import Call
from dispatch.migrations import initial, recovery
from dispatch.provider import Accepted, Found, Lookup, Outbound, Outcome, Seen, Stranger
from dispatch.settings import DispatchSettings
from sqlalchemy import text

from tests.support.facts import eventually
from tests.support.world import World

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
"""A Monday."""
OURS = "+447700900000"
NUMBERS: Iterator[str] = (f"+44770091{number:04d}" for number in itertools.count(1))
QUICK: dict[str, Any] = {
    "deadline_seconds": 2.0,
    "call_timeout_seconds": 1.0,
    "doubt_seconds": 0.6,
    "pause_seconds": 0.2,
    "late_accept_seconds": 0.2,
    "list_lag_seconds": 0.2,
    "look_gap_seconds": 0.3,
    "look_every_seconds": 0.1,
    "looks_per_second": 200.0,
    "drain_seconds": 0.5,
}
"""The spans of DELIVERY.md, scaled down together."""


class TrialSettings(DispatchSettings):
    """A channel of the tests."""

    service: ClassVar[str] = "dispatch-sms"
    channel: ClassVar[str] = "sms"
    trial_rate: float = 2000.0

    @property
    def rate_per_second(self) -> float:
        return self.trial_rate


Answer = Callable[[Outbound], Awaitable[Outcome]]


@dataclass
class TrialProvider:
    """Takes everything unless told otherwise. `journal` holds what it took, `listed` what its list shows."""

    channel: str = "sms"
    answer: Answer | None = None
    journal: list[Outbound] = field(default_factory=list)
    called: list[tuple[float, Outbound]] = field(default_factory=list)
    listed: list[tuple[Outbound, Seen]] = field(default_factory=list)
    looked: list[Lookup] = field(default_factory=list)
    states: dict[str, Seen] = field(default_factory=dict)
    closed: bool = False

    def cost(self, text: str) -> int:
        return parts.count(text).parts

    def take(self, message: Outbound) -> Accepted:
        """Take a message and list it, as a carrier does."""
        reference = f"SM{uuid.uuid4().hex}"
        self.journal.append(message)
        self.listed.append((message, Seen(reference)))
        return Accepted(reference, parts.count(message.text).parts, parts.count(message.text).encoding)

    async def send(self, message: Outbound) -> Outcome:
        self.called.append((asyncio.get_running_loop().time(), message))
        return self.take(message) if self.answer is None else await self.answer(message)

    async def find(self, lookup: Lookup) -> Found:
        self.looked.append(lookup)
        there = [(message, seen) for message, seen in self.listed if message.to == lookup.to]
        return Found(
            tuple(seen for message, seen in there if lookup.is_text(message.text)),
            tuple(
                Stranger(seen.reference, (lookup.mark_of(message.text),))
                for message, seen in there
                if not lookup.is_text(message.text)
            ),
        )

    async def status(self, reference: str) -> Seen | None:
        return self.states.get(reference)

    async def close(self) -> None:
        self.closed = True

    def gens(self, delivery_id: UUID) -> list[int]:
        """The attempts of one delivery that it took."""
        return [message.gen for message in self.journal if message.delivery_id == delivery_id]


async def schema(database: Database) -> None:
    """The tables, as a service's first migration makes them."""
    async with database.engine.begin() as connection:
        await connection.run_sync(chassis.tables.metadata.create_all)
        statements: list[str] = []
        initial.upgrade(statements.append)
        recovery.upgrade(statements.append)
        for statement in statements:
            await connection.execute(text(statement))


@dataclass
class House:
    """A database, a provider, and the parts of a dispatcher upon them; `running` starts them for real."""

    world: World
    settings: TrialSettings
    provider: TrialProvider
    database: Database
    clock: Clock
    metrics: Metrics
    kafka: Kafka
    dispatch: Dispatch
    url: str = ""
    """Where it answers, while it is served."""

    def restart(self) -> None:
        """A new process on the same database."""
        parts: dict[str, Any] = {"kafka": self.kafka, "clock": self.clock, "metrics": self.metrics}
        self.dispatch = Dispatch(self.settings, self.provider, database=self.database, **parts)

    async def claim(self, most: int = 100) -> list[Call]:
        """A process that dies the moment its claim is committed; what it would have called."""
        return list((await self.dispatch.claiming.claim(most, most)).calls)

    def application(self) -> Application:
        dispatch = self.dispatch
        return Application(
            self.settings,
            routers=dispatch.routers,
            services=dispatch.services,
            hearings=dispatch.hearings,
            tasks=dispatch.tasks,
            database=self.database,
            kafka=self.kafka,
            clock=self.clock,
            metrics=self.metrics,
        )

    async def hear(self, topic: Topic, *events: Event) -> None:
        """Hand events to the handler of a topic, as a consumer would; without a broker."""
        now = datetime.now(UTC)
        heard = tuple(
            Heard(event, str(uuid.uuid4()), topic.writers[0], "key", topic.name, 0, number, now, now, None)
            for number, event in enumerate(events)
        )
        hearing = next(hearing for hearing in self.dispatch.hearings if topic in hearing.topics)
        self.dispatch.recovering.known.set()  # there is no broker here that it could ask
        await hearing.handle(Batch(hearing.group, heard, ()))

    @asynccontextmanager
    async def sending(self, *, reconciling: bool = False, keeping: bool = False) -> AsyncIterator[None]:
        """A process at work without a broker: it starts, and in the end drains."""
        self.restart()
        self.dispatch.recovering.known.set()
        for hearing in self.dispatch.hearings:
            hearing.progress.caught_up = True
        tasks = [asyncio.create_task(self.dispatch.sender.run())]
        tasks += [asyncio.create_task(self.dispatch.reconciler.run())] if reconciling else []
        tasks += [asyncio.create_task(self.dispatch.keeper.run())] if keeping else []
        try:
            yield
            await self.dispatch.sender.drain()
        finally:
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
            for result in results:
                if isinstance(result, Exception):
                    raise result

    async def known(self, campaign: CampaignEvent, *members: MemberChanged, **fields: Any) -> list[UUID]:
        """A campaign and members heard of, and their deliveries asked for."""
        await self.hear(topics.CAMPAIGNS, campaign)
        await self.hear(topics.MEMBERS, *members)
        wanted = [self.request(campaign, member, **fields) for member in members]
        await self.hear(topics.requests_for("sms", urgent=campaign.urgent), *wanted)
        return [item.delivery_id for item in wanted]

    async def rows(self, statement: str, **values: Any) -> list[Any]:
        async with self.database.transaction() as session:
            return list((await session.execute(text(statement), values)).all())

    async def rows_changed(self, statement: str) -> None:
        async with self.database.transaction() as session:
            await session.execute(text(statement))

    async def state(self, delivery_id: UUID) -> str:
        rows = await self.rows("SELECT state FROM deliveries WHERE delivery_id = :id", id=delivery_id)
        return rows[0].state if rows else ""

    async def reason(self, delivery_id: UUID) -> str:
        rows = await self.rows("SELECT reason FROM deliveries WHERE delivery_id = :id", id=delivery_id)
        return str(rows[0].reason)

    async def settled(self, delivery_id: UUID, state: str, *, within: float = 20.0) -> None:
        await eventually(lambda: self.state(delivery_id), until=lambda seen: seen == state, within=within)

    def count(self, name: str, **labels: str) -> float:
        return self.metrics.registry.get_sample_value(name, {"channel": "sms", **labels}) or 0.0

    async def member(self, **fields: Any) -> MemberChanged:
        event = member(**fields)
        await self.world.publish(topics.MEMBERS, str(event.member_id), event)
        return event

    async def campaign(self, **fields: Any) -> CampaignLaunched:
        event = campaign(**fields)
        await self.world.publish(topics.CAMPAIGNS, str(event.campaign_id), event)
        return event

    def request(self, campaign: CampaignEvent, member: MemberChanged, **fields: Any) -> DeliveryRequested:
        return request(self.settings, campaign, member, **fields)

    async def ask(self, campaign: CampaignEvent, member: MemberChanged, **fields: Any) -> UUID:
        wanted = self.request(campaign, member, **fields)
        topic = topics.requests_for("sms", urgent=wanted.urgent)
        await self.world.publish(topic, str(wanted.member_id), wanted, wanted.delivery_id)
        return wanted.delivery_id

    async def told(self, delivery_id: UUID, status: str) -> list[DeliveryEvent]:
        """What was published of a delivery, once `status` was."""

        def of(events: list[Any]) -> list[DeliveryEvent]:
            return [one for one in events if isinstance(one, DeliveryEvent) and one.delivery_id == delivery_id]

        def enough(received: list[Any]) -> bool:
            return any(one.status == status for one in of([item.event for item in received]))

        return of(list(await self.world.read(topics.DELIVERIES, enough)))


def member(**fields: Any) -> MemberChanged:
    """An active member with a mobile and consent to campaigns."""
    number = fields.pop("number", None) or next(NUMBERS)
    consented_at = fields.pop("consented_at", NOON - timedelta(days=30))
    consent = Consent(
        consent_id=uuid.uuid4(),
        channel="sms",
        purpose="campaign",
        granted=fields.pop("granted", True),
        source="form",
        wording_version="1",
        at=consented_at,
    )
    values: dict[str, Any] = {
        "member_id": uuid.uuid4(),
        "version": 1,
        "given_name": "Nia",
        "family_name": "Puw",
        "contact_points": (ContactPoint(channel="sms", address=number),),
        "consents": (consent,),
        "memberships": (Membership(body="gwynedd", path=("union", "gwynedd"), valid_from=NOON.date()),),
    }
    return MemberChanged(**(values | fields))


def campaign(words: str = "Picket at six, {{ given_name }}", **fields: Any) -> CampaignLaunched:
    values: dict[str, Any] = {
        "campaign_id": uuid.uuid4(),
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
    return CampaignLaunched(**(values | fields))


def request(
    settings: DispatchSettings, campaign: CampaignEvent, member: MemberChanged, **fields: Any
) -> DeliveryRequested:
    step = fields.get("step", campaign.step)
    values: dict[str, Any] = {
        "delivery_id": settings.ids.delivery(campaign.campaign_id, step, member.member_id, "sms"),
        "campaign_id": campaign.campaign_id,
        "launched_on": campaign.launched_on,
        "channel": "sms",
        "member_id": member.member_id,
        "member_version": member.version,
        "branch": "gwynedd",
        "expires_at": campaign.expires_at,
        "urgent": campaign.urgent,
    }
    return DeliveryRequested(**(values | fields))


@asynccontextmanager
async def house_in(world: World, **overrides: Any) -> AsyncIterator[House]:
    """A house with a database of its own; another with the same `url` is a second replica."""
    provider = overrides.pop("provider", None) or TrialProvider()
    clock = overrides.pop("clock", None) or Clock(NOON)
    url = overrides.pop("url", None)
    fresh = url is None
    if fresh:
        url = await world.databases.database(f"d{uuid.uuid4().hex[:12]}")
    settings = world.settings(
        TrialSettings, **(QUICK | {"database_url": url, "ballot_url": "https://ballot.example.org"} | overrides)
    )
    database, metrics, kafka = Database(url), Metrics(), Kafka(settings)
    if fresh:
        await schema(database)
    dispatch = Dispatch(settings, provider, database=database, kafka=kafka, clock=clock, metrics=metrics)
    house = House(world, settings, provider, database, clock, metrics, kafka, dispatch)
    try:
        yield house
    finally:
        await database.close()
        await kafka.stop()
