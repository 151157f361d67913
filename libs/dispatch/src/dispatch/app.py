"""A dispatcher's parts, joined: a channel service adds its provider and its webhooks."""

import asyncio

from chassis.app import Task
from chassis.clock import Clock
from chassis.db.database import Database
from chassis.kafka.outbox import Relay
from chassis.kafka.producer import Kafka
from chassis.observability.metrics import Metrics
from dispatch.admission.admission import Admission
from dispatch.consumers import PROJECTIONS, SAID, Consumers, request_groups
from dispatch.erasure.erasure import Erasure
from dispatch.inbound.inbound import Inbound
from dispatch.observability.alarm import Alarm
from dispatch.observability.metrics import DispatchMetrics
from dispatch.operations import routes as operations_routes
from dispatch.operations.maintenance import Maintenance
from dispatch.operations.operator import OperatorActions
from dispatch.pacing.pace import Pace
from dispatch.projection.projection import Projection
from dispatch.provider import Provider
from dispatch.publication.publisher import Publisher
from dispatch.restore.recovery import RestoreRecovery
from dispatch.sending.calls import ProviderCalls
from dispatch.sending.claim import Claimer
from dispatch.sending.composition.composition import Composer
from dispatch.sending.loop import Sender
from dispatch.sending.outcomes import Outcomes
from dispatch.sending.permits import SendPermits
from dispatch.settings import DispatchSettings
from dispatch.settlement.callbacks import CallbackMarks
from dispatch.settlement.receipts import Receipts
from dispatch.settlement.reconciler import Reconciler
from dispatch.wakeups import Wakeups


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
        wakeups, counts = Wakeups(), DispatchMetrics(metrics, settings.channel)
        alarm = Alarm(counts)
        erasure = Erasure(settings, database)
        told = (*request_groups(settings.channel), *PROJECTIONS, *SAID)
        self.recovery = RestoreRecovery(settings, database, kafka, told, PROJECTIONS)
        projection = Projection(settings, database, clock, wakeups, erasure=erasure, recovery=self.recovery)
        admission = Admission(settings, database, clock, wakeups, counts, self.recovery)
        consumers = Consumers(settings.channel, projection, admission, self.recovery)
        pace = Pace(database, settings.channel, "*", settings.rate_per_second)
        self.outcomes = Outcomes(settings, database, clock, wakeups, counts)
        composer = Composer(settings, provider.cost, self.recovery)
        self.claimer = Claimer(settings, database, clock, counts, composer, alarm)
        self.provider_calls = ProviderCalls(
            settings, provider, pace, SendPermits(database), self.outcomes, counts, alarm
        )
        self.sender = Sender(
            settings,
            self.claimer,
            self.provider_calls,
            pace,
            recovery=self.recovery,
            wakeups=wakeups,
        )
        self.publisher = Publisher(settings, database, kafka, wakeups, counts)
        self.reconciler = Reconciler(settings, provider, database, clock, wakeups, counts)
        self.maintenance = Maintenance(database, clock, wakeups, counts, erasure=erasure, recovery=self.recovery)
        self.receipts = Receipts(settings, database, clock, wakeups, counts)
        self.inbound = Inbound(settings, database, clock)
        self.operator_actions = OperatorActions(settings, database, clock, wakeups, counts)
        self.callbacks = CallbackMarks(settings)
        self.subscriptions = consumers.subscriptions
        self.routers = (operations_routes.router,)
        self.tasks: tuple[Task, ...] = (
            self.recovery,
            self.sender,
            self.publisher.task,
            self.reconciler.task,
            self.maintenance.task,
            Relay(database, kafka, settings.service),
            _Closing(provider),
        )
        self.services: dict[type, object] = {
            Receipts: self.receipts,
            Inbound: self.inbound,
            OperatorActions: self.operator_actions,
            CallbackMarks: self.callbacks,
        }
