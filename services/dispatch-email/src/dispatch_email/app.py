"""Joins the parts of dispatch-email."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from chassis.app import Application
from chassis.clock import Clock
from chassis.db.database import Database
from chassis.kafka.producer import Kafka
from chassis.observability.metrics import Metrics
from dispatch.app import Dispatch
from dispatch.inbound import routes as inbound_routes
from dispatch.inbound.operator_suppressions import OperatorSuppressions
from dispatch_email import consumers, routes
from dispatch_email.models import SPANS
from dispatch_email.provider.bounce_server import BounceServer, Handler, Limits
from dispatch_email.provider.mail import Mail
from dispatch_email.provider.message import as_kept
from dispatch_email.service import Bounces, MailFromMembers, Unsubscribing
from dispatch_email.settings import Settings


class DispatchEmail(Application):
    """The application, with the port where bounces arrive."""

    bounce_server: BounceServer

    @property
    def bounce_port(self) -> int:
        """Known once serving."""
        return self.bounce_server.port

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        """Serving means both: HTTP and bounces."""
        async with super().serving() as url:
            await self.bounce_server.listening.wait()
            yield url


def build(settings: Settings) -> DispatchEmail:
    """Nothing connects yet."""
    database, kafka = Database(settings.database_url, pool_size=settings.database_pool), Kafka(settings)
    clock, metrics = Clock(settings.clock_start, settings.time_zone), Metrics()
    mail = Mail(settings, clock.now)
    dispatch = Dispatch(settings, mail, database=database, kafka=kafka, metrics=metrics, clock=clock, spans=SPANS)
    bounces = Bounces(database, dispatch.receipts, dispatch.inbound, settings.return_paths, clock, metrics)
    mail_from_members = MailFromMembers(database)
    bounce_server = _bounce_server(settings, bounces)
    application = DispatchEmail(
        settings,
        routers=(routes.router, inbound_routes.router, *dispatch.routers),
        services={
            **dispatch.services,
            Bounces: bounces,
            MailFromMembers: mail_from_members,
            OperatorSuppressions: OperatorSuppressions(database, dispatch.inbound, as_kept),
            Unsubscribing: Unsubscribing(database, dispatch.inbound, settings.links, clock),
        },
        subscriptions=consumers.subscriptions(dispatch),
        tasks=(*dispatch.tasks, bounce_server, mail_from_members.task),
        database=database,
        kafka=kafka,
        clock=clock,
        metrics=metrics,
    )
    application.bounce_server = bounce_server
    return application


def main() -> None:
    """Run until told to stop."""
    build(Settings()).run()


def _bounce_server(settings: Settings, bounces: Bounces) -> BounceServer:
    limits = Limits(settings.bounce_connections, settings.bounce_max_bytes, settings.bounce_timeout_seconds)
    handler = Handler(bounces.hear, settings.return_paths)
    return BounceServer(handler, settings.bounce_host, settings.bounce_port, settings.mail_domain, limits)
