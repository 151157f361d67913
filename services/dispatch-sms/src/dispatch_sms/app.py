"""Joins the parts of dispatch-sms."""

from chassis.app import Application
from chassis.clock import Clock
from chassis.db.database import Database
from chassis.kafka.producer import Kafka
from chassis.observability.metrics import Metrics
from dispatch.app import Dispatch
from dispatch.inbound import routes as inbound_routes
from dispatch.inbound.operator_suppressions import OperatorSuppressions
from dispatch.inbound.provider_list import InboundListing
from dispatch_sms import consumers, routes
from dispatch_sms.domain.numbers import e164
from dispatch_sms.provider import TwilioProvider
from dispatch_sms.service import Webhooks
from dispatch_sms.settings import Settings


def build(settings: Settings) -> Application:
    """Nothing connects yet."""
    database, kafka = Database(settings.database_url, pool_size=settings.database_pool), Kafka(settings)
    clock, metrics = Clock(settings.clock_start, settings.time_zone), Metrics()
    provider = TwilioProvider(settings)
    dispatch = Dispatch(settings, provider, database=database, kafka=kafka, metrics=metrics, clock=clock)
    listing = InboundListing(settings, database, clock, dispatch.inbound, provider.inbound_list.since)
    return Application(
        settings,
        routers=(routes.router, inbound_routes.router, *dispatch.routers),
        services={
            **dispatch.services,
            Webhooks: Webhooks(settings, dispatch.receipts, dispatch.inbound, metrics),
            OperatorSuppressions: OperatorSuppressions(database, dispatch.inbound, e164),
        },
        subscriptions=consumers.subscriptions(dispatch),
        tasks=(*dispatch.tasks, listing.task),
        database=database,
        kafka=kafka,
        clock=clock,
        metrics=metrics,
    )


def main() -> None:
    """Run until told to stop."""
    build(Settings()).run()
