"""A dispatcher with a provider written by hand: the library's own tests need no carrier, only its answers."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import chassis.db.tables
from chassis.app import Application
from chassis.clock import Clock
from chassis.db.database import Database
from chassis.kafka.batch import Batch, ReceivedEvent
from chassis.kafka.producer import Kafka
from chassis.observability.metrics import Metrics
from contracts import topics
from contracts.event import Event
from contracts.events.campaigns import CampaignEvent, CampaignLaunched
from contracts.events.deliveries import DeliveryEvent, DeliveryRequested
from contracts.events.members import MemberChanged
from contracts.topics import Topic
from dispatch import ddl as dispatch_schema
from dispatch.app import Dispatch
from dispatch.provider import Seen
from dispatch.sending.claim import Call, Claimed
from dispatch.sending.claim_sql import Share
from sqlalchemy import text

from tests.dispatch.events import NOON, campaign, member, request
from tests.dispatch.trial import QUICK, TrialProvider, TrialSettings
from tests.support.facts import eventually
from tests.support.world import World


async def schema(database: Database) -> None:
    """The tables, as a service's first migration makes them."""
    async with database.engine.begin() as connection:
        await connection.run_sync(chassis.db.tables.metadata.create_all)
        await connection.run_sync(dispatch_schema.create)


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
        return list((await self.claimed(most)).calls)

    async def claimed(self, most: int) -> Claimed:
        """A claim of as many rows and units for each sender that has any."""
        senders = await self.dispatch.claimer.due_senders()
        return await self.dispatch.claimer.claim([Share(one.sender, most, most) for one in senders])

    async def orphan(self) -> list[Call]:
        """The same, and the deadline of its claim has passed."""
        calls = await self.claim()
        for table in ("deliveries", "attempts"):
            await self.rows_changed(f"UPDATE {table} SET deadline = clock_timestamp()")
        return calls

    def application(self) -> Application:
        dispatch = self.dispatch
        return Application(
            self.settings,
            routers=dispatch.routers,
            services=dispatch.services,
            subscriptions=dispatch.subscriptions,
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
            ReceivedEvent(event, str(uuid.uuid4()), topic.writers[0], "key", topic.name, 0, number, now, now, None)
            for number, event in enumerate(events)
        )
        subscription = next(
            subscription for subscription in self.dispatch.subscriptions if topic in subscription.topics
        )
        self.dispatch.recovery.known.set()  # there is no broker here that it could ask
        await subscription.handle(Batch(subscription.group, heard, ()))
        if topic is topics.CAMPAIGNS:
            while await self.dispatch.campaign_changes.step():
                pass

    @asynccontextmanager
    async def sending(self, *, reconciling: bool = False, keeping: bool = False) -> AsyncIterator[None]:
        """A process at work without a broker: it starts, and in the end drains."""
        self.restart()
        self.dispatch.recovery.known.set()
        self.dispatch.recovery.read.set()
        await self.applied()
        tasks = [asyncio.create_task(self.dispatch.sender.run())]
        tasks += [asyncio.create_task(self.dispatch.reconciler.task.run())] if reconciling else []
        tasks += [asyncio.create_task(task.run()) for task in self.dispatch.maintenance.tasks if keeping]
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
        """A campaign and members are projected, and their deliveries requested."""
        await self.hear(topics.CAMPAIGNS, campaign)
        await self.hear(topics.MEMBERS, *members)
        wanted = [self.request(campaign, member, **fields) for member in members]
        await self.hear(topics.requests_for("sms", urgent=campaign.urgent), *wanted)
        return [item.delivery_id for item in wanted]

    async def receipt(self, delivery_id: UUID, status: str, gen: int = 1, reference: str = "", **known: Any) -> None:
        """A receipt comes in."""
        await self.dispatch.receipts.take(delivery_id, gen, Seen(reference, status, **known))

    async def applied(self, seconds_ago: float = 0.0) -> None:
        """Note `campaigns` and `members` as applied to their ends so long ago."""
        for topic in (topics.CAMPAIGNS, topics.MEMBERS):
            values = f"'{topic.name}', 0, 1, clock_timestamp() - interval '{seconds_ago} s'"
            await self.rows_changed(
                f"INSERT INTO applied VALUES ({values}) ON CONFLICT (topic, partition)"
                " DO UPDATE SET through = excluded.through"
            )

    async def rows(self, statement: str, **values: Any) -> list[Any]:
        async with self.database.transaction() as session:
            return list((await session.execute(text(statement), values)).all())

    async def rows_changed(self, statement: str) -> None:
        async with self.database.transaction() as session:
            await session.execute(text(statement))

    async def waiting_for_a_lock(self) -> bool:
        """Whether a statement on this database waits for another's lock."""
        waiting = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        return bool(await self.rows(waiting))

    async def state(self, delivery_id: UUID) -> str:
        rows = await self.rows("SELECT state FROM deliveries WHERE delivery_id = :id", id=delivery_id)
        return rows[0].state if rows else ""

    async def reason(self, delivery_id: UUID) -> str:
        rows = await self.rows("SELECT reason FROM deliveries WHERE delivery_id = :id", id=delivery_id)
        return str(rows[0].reason)

    async def settled(self, delivery_id: UUID, state: str, *, within: float = 60.0) -> None:
        await eventually(lambda: self.state(delivery_id), until=lambda seen: seen == state, within=within)

    def count(self, name: str, **labels: str) -> float:
        """A metric's value; one of several by a label is 0 before it was ever counted, another has to be there."""
        found = self.metrics.registry.get_sample_value(name, {"channel": "sms", **labels})
        assert found is not None or labels, f"there is no metric {name}"
        return found or 0.0

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
    database, metrics, kafka = Database(url, pool_size=10), Metrics(), Kafka(settings)
    if fresh:
        await schema(database)
    dispatch = Dispatch(settings, provider, database=database, kafka=kafka, clock=clock, metrics=metrics)
    house = House(world, settings, provider, database, clock, metrics, kafka, dispatch)
    try:
        yield house
    finally:
        await database.close()
        await kafka.stop()
