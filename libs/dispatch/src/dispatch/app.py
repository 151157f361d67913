"""A dispatcher's parts, joined: a channel service adds its provider and its webhooks."""

import asyncio
from collections.abc import Sequence
from functools import partial

from chassis.app import Task
from chassis.clock import Clock
from chassis.db.counts import ADDED_UP_EVERY, adding_up
from chassis.db.database import Database
from chassis.kafka.outbox import Relay
from chassis.kafka.producer import Kafka
from chassis.observability.metrics import Metrics
from chassis.periodic import Periodic
from chassis.retention.retention import Retention
from chassis.retention.spans import Span
from dispatch.admission.admission import Admission
from dispatch.brake import routes as brake_routes
from dispatch.brake.applied import ProjectionsApplied
from dispatch.brake.brake import Brake
from dispatch.brake.routes import UnionOrders
from dispatch.brake.stops import Stops
from dispatch.consumers import PROJECTIONS, PUBLISHED, request_groups, subscriptions
from dispatch.erasure.erasure import Erasure
from dispatch.inbound.inbound import Inbound
from dispatch.ledger.ledger import Ledger
from dispatch.models.ledger import delivery_counts
from dispatch.models.spans import SPANS
from dispatch.observability.alarm import Alarm
from dispatch.observability.metrics import DispatchMetrics
from dispatch.operations import routes as operations_routes
from dispatch.operations.address_holds import AddressHolds
from dispatch.operations.campaign_changes import CampaignChanges
from dispatch.operations.ledger_months import LedgerMonths
from dispatch.operations.maintenance import Maintenance
from dispatch.operations.operations import DeliveryOperations
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
from dispatch.settlement.receipts import Receipts
from dispatch.settlement.reconciler import Reconciler
from dispatch.wakeups import Wakeups


class _Closing:
    """Closes the provider after everything that calls it has stopped."""

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
        spans: Sequence[Span] = SPANS,
    ) -> None:
        """`spans`: of every table of the service."""
        wakeups, counted = Wakeups(), DispatchMetrics(metrics, settings.channel)
        alarm = Alarm(counted)
        erasure = Erasure(database)
        self.brake = Brake(settings, database, alarm)
        self.ledger = Ledger(settings, database, clock, wakeups, counted)
        groups = (*request_groups(settings.channel), *PROJECTIONS, *PUBLISHED)
        self.recovery = RestoreRecovery(settings, database, kafka, groups, PROJECTIONS)
        projection = Projection(settings, database, clock, wakeups, erasure=erasure)
        admission = Admission(settings, database, clock, wakeups, counted, self.recovery)
        opened = partial(alarm.raised, "the provider leaves everything in doubt: only probes are made", "breaker open")
        rate, probe = settings.rate_per_second, settings.probe_seconds
        pace = Pace(database, settings.channel, rate, settings.rate_of, probe, counted.lowered.inc, opened)
        permits, self.outcomes = SendPermits(database, alarm), Outcomes(self.ledger, clock, alarm)
        composer = Composer(settings, provider.cost, self.recovery)
        self.claimer = Claimer(settings, database, clock, counted, composer, alarm)
        self.provider_calls = ProviderCalls(
            settings, provider, pace, permits, self.brake, self.outcomes, counted, alarm
        )
        self.sender = Sender(settings, self.claimer, self.provider_calls, pace, self.brake, self.recovery, wakeups)
        self.publisher = Publisher(settings, database, kafka, wakeups, counted)
        self.reconciler = Reconciler(settings, provider, database, clock, self.ledger, counted)
        self.maintenance = Maintenance(database, clock, wakeups, counted, erasure=erasure, recovery=self.recovery)
        ledger_months = LedgerMonths(settings, database, clock, self.recovery, alarm)
        self.retention = Retention(settings, database, clock, spans, [ledger_months.drop])
        self.campaign_changes = CampaignChanges(database, clock, wakeups, self.recovery)
        self.receipts = Receipts(self.ledger, alarm)
        self.inbound = Inbound(settings, database, clock)
        self.stops = Stops(database, clock, wakeups)
        self.address_holds = AddressHolds(settings, database, clock, wakeups, counted, alarm)
        self.operations = DeliveryOperations(settings, database, clock, self.ledger)
        self.subscriptions = subscriptions(settings.channel, projection, admission, self.recovery)
        self.routers = (operations_routes.router, brake_routes.router)
        self.tasks: tuple[Task, ...] = (
            self.recovery,
            ProjectionsApplied(database, kafka).task,
            self.sender,
            self.publisher.task,
            self.reconciler.task,
            *self.maintenance.tasks,
            self.campaign_changes.task,
            self.address_holds.task,
            Periodic("counts", adding_up(database, delivery_counts), every=ADDED_UP_EVERY, leader=database),
            self.retention.task,
            Relay(database, kafka, settings.service),
            _Closing(provider),
        )
        self.services: dict[type, object] = {
            Receipts: self.receipts,
            Inbound: self.inbound,
            DeliveryOperations: self.operations,
            Stops: self.stops,
            UnionOrders: UnionOrders(settings, clock),
            AddressHolds: self.address_holds,
        }
