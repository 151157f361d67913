"""A dispatcher's parts, joined: a channel service adds its provider and its webhooks."""

import asyncio

from chassis.app import Task
from chassis.clock import Clock
from chassis.database import Database
from chassis.kafka import Kafka
from chassis.metrics import Metrics
from chassis.outbox import Relay
from dispatch.admitting import Admitting
from dispatch.alarm import Alarm
from dispatch.bells import Bells
from dispatch.calling import Calling
from dispatch.claiming import Claiming
from dispatch.composing import Composing
from dispatch.consumers import PROJECTIONS, SAID, Consumers, request_groups
from dispatch.desk import Desk
from dispatch.erasing import Erasing
from dispatch.inbound import Inbound
from dispatch.keeper import Keeper
from dispatch.letting_go import LettingGo
from dispatch.linking import Callbacks
from dispatch.metrics import Counts
from dispatch.outcomes import Outcomes
from dispatch.pacing import Pace
from dispatch.projecting import Projecting
from dispatch.provider import Provider
from dispatch.publisher import Publisher
from dispatch.receipts import Receipts
from dispatch.reconciler import Reconciler
from dispatch.recovering import Recovering
from dispatch.routes import desk
from dispatch.sender import Sender
from dispatch.settings import DispatchSettings


class _Closing:
    """Closes the provider once everything that calls it has been told to stop."""

    name = "provider"

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    async def run(self) -> None:
        """Wait for the end."""
        try:
            await asyncio.Event().wait()
        finally:
            await self._provider.close()


class Dispatch:
    """Everything between the topics and one provider. Nothing runs before the application does."""

    def __init__(
        self,
        settings: DispatchSettings,
        provider: Provider,
        *,
        database: Database,
        kafka: Kafka,
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        bells, counts = Bells(), Counts(metrics, settings.channel)
        alarm = Alarm(counts)
        erasing = Erasing(settings, database)
        told = (*request_groups(settings.channel), *PROJECTIONS, *SAID)
        self.recovering = Recovering(settings, database, kafka, told, PROJECTIONS)
        projecting = Projecting(settings, database, clock, bells, erasing=erasing, recovering=self.recovering)
        admitting = Admitting(settings, database, clock, bells, counts, self.recovering)
        consumers = Consumers(settings.channel, projecting, admitting, self.recovering)
        pace = Pace(database, settings.channel, "*", settings.rate_per_second)
        self.outcomes = Outcomes(settings, database, clock, bells, counts)
        composing = Composing(settings, provider.cost, self.recovering)
        self.claiming = Claiming(settings, database, clock, counts, composing, alarm)
        self.calling = Calling(settings, provider, pace, LettingGo(database), self.outcomes, counts, alarm)
        self.sender = Sender(
            settings,
            self.claiming,
            self.calling,
            pace,
            recovering=self.recovering,
            bells=bells,
        )
        self.publisher = Publisher(settings, database, kafka, bells, counts)
        self.reconciler = Reconciler(settings, provider, database, clock, bells, counts)
        self.keeper = Keeper(database, clock, bells, counts, erasing=erasing, recovering=self.recovering)
        self.receipts = Receipts(settings, database, clock, bells, counts)
        self.inbound = Inbound(settings, database, clock)
        self.desk = Desk(settings, database, clock, bells, counts)
        self.callbacks = Callbacks(settings)
        self.hearings = consumers.hearings
        self.routers = (desk.router,)
        self.tasks: tuple[Task, ...] = (
            self.recovering,
            self.sender,
            self.publisher,
            self.reconciler,
            self.keeper,
            Relay(database, kafka, settings.service),
            _Closing(provider),
        )
        self.services: dict[type, object] = {
            Receipts: self.receipts,
            Inbound: self.inbound,
            Desk: self.desk,
            Callbacks: self.callbacks,
        }
