"""The sandbox's parts list."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from chassis.app import Application
from sandbox.background import Background
from sandbox.carrier.acceptance import TextAcceptance
from sandbox.carrier.inbound_texts import InboundTexts
from sandbox.carrier.messages import Messages
from sandbox.carrier.status_callbacks import StatusCallbacks
from sandbox.carrier.text_store import TextStore
from sandbox.carrier.webhooks.client import WebhookClient
from sandbox.control.counts import Counts
from sandbox.control.live_settings import LiveSettings
from sandbox.control.pending_work import PendingWork
from sandbox.faults.active import Faults
from sandbox.journal.journal import Journal
from sandbox.mail.acceptance import MailAcceptance
from sandbox.mail.bounces import Bounces
from sandbox.mail.mail_store import MailStore
from sandbox.mail.server import MailServer
from sandbox.restart import read_back
from sandbox.routes import inbox_pages
from sandbox.routes.authentication import BasicAuthentication
from sandbox.routes.carrier.broken_responses import ConnectionInScope
from sandbox.routes.carrier.messages import MessageRoutes
from sandbox.routes.control import faults as fault_routes
from sandbox.routes.control import inbound_texts
from sandbox.routes.control import journal as journal_routes
from sandbox.routes.control import mails as mail_routes
from sandbox.routes.control import settings as settings_routes
from sandbox.routes.control import texts as text_routes
from sandbox.settings import Settings
from starlette.types import ASGIApp


class Sandbox(Application):
    """The application with its mail server."""

    mail_server: MailServer

    @property
    def smtp_port(self) -> int:
        """The port that takes mail, once serving."""
        return self.mail_server.port

    def outermost(self) -> ASGIApp:
        """Faults that break a connection need the connection itself."""
        return ConnectionInScope(self.api)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        """Serve HTTP and mail."""
        async with super().serving() as url:
            await self.mail_server.listening.wait()
            yield url


def build(settings: Settings) -> Sandbox:
    """Join the parts. The journal is read back here, before the first request."""
    account, token = settings.twilio_account_sid, settings.twilio_auth_token.get_secret_value()
    journal = Journal(settings.journal_dir, fsync=settings.journal_fsync)
    texts, mails = TextStore(settings.kept), MailStore(settings.kept)
    live, counts, pending, faults = LiveSettings(settings), Counts(), PendingWork(), Faults(journal.record_fault)
    unfinished = read_back(journal, texts, mails, counts)

    retry = settings.callback_retry_seconds
    callback_client = WebhookClient(token, concurrency=settings.callback_concurrency, retry_seconds=retry)
    inbound_client = WebhookClient(token, concurrency=64, retry_seconds=retry)
    callbacks = StatusCallbacks(journal, callback_client, faults, live, pending, counts, account)
    acceptance = TextAcceptance(account, settings.messaging_sender, texts, journal, callbacks, faults, live, counts)
    messages = Messages(account, texts, journal, faults)
    inbound = InboundTexts(account, texts, journal, inbound_client, live, pending, counts)
    bounces = Bounces(journal, live, pending, counts)
    mail_server = MailServer(settings, MailAcceptance(mails, journal, counts, bounces.schedule), faults)

    given = (texts, mails, journal, inbound, live, counts, pending, faults)
    sandbox = Sandbox(
        settings,
        routers=[
            MessageRoutes(account, acceptance, messages, callbacks, faults).router,
            inbound_texts.router,
            text_routes.router,
            mail_routes.router,
            journal_routes.router,
            settings_routes.router,
            fault_routes.router,
            inbox_pages.router,
        ],
        services={type(part): part for part in given},
        tasks=[
            Background((callback_client, inbound_client), callbacks, bounces, journal, live, unfinished),
            mail_server,
        ],
        body_limits={"/sandbox/inbound/bulk": settings.bulk_max_bytes},
    )
    sandbox.mail_server = mail_server
    sandbox.api.add_middleware(BasicAuthentication, account=account, token=token)
    return sandbox


def main() -> None:
    """Run until told to stop."""
    build(Settings()).run()
