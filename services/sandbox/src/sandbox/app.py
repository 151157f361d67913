"""The sandbox's parts list."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from chassis.app import Application
from sandbox.carrier import Carrier
from sandbox.catalogue import Catalogue
from sandbox.controls import Controls, Counts, Pending
from sandbox.door import Connected, Door
from sandbox.faults import Faults
from sandbox.inbound import Inbound
from sandbox.journal import Journal
from sandbox.mails import Mails
from sandbox.post_office import PostOffice
from sandbox.receipts import Receipts
from sandbox.recovery import recover
from sandbox.returns import Returns
from sandbox.routes import control, faulting, pages
from sandbox.routes.carrier import CarrierRoutes
from sandbox.running import CarrierTask, MailTask
from sandbox.settings import Settings
from sandbox.texts import Texts
from sandbox.webhooks import Webhooks
from starlette.types import ASGIApp


class Sandbox(Application):
    """The application, with its mail server's port."""

    mail: MailTask

    @property
    def smtp_port(self) -> int:
        """Where mail is taken, once serving."""
        return self.mail.port

    def outermost(self) -> ASGIApp:
        """Faults want the connection itself."""
        return Connected(self.api)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        """Serving means both: HTTP and mail."""
        async with super().serving() as url:
            await self.mail.listening.wait()
            yield url


def build(settings: Settings) -> Sandbox:
    """Join the parts; what the journal holds is read back here, before the first request."""
    account, token = settings.twilio_account_sid, settings.twilio_auth_token.get_secret_value()
    journal = Journal(settings.journal_dir, fsync=settings.journal_fsync)
    texts, mails = Texts(settings.kept), Mails(settings.kept)
    controls, counts, pending, faults = Controls(settings), Counts(), Pending(), Faults(journal.struck)
    unfinished = recover(journal, texts, mails, counts)

    retry = settings.callback_retry_seconds
    callbacks = Webhooks(token, concurrency=settings.callback_concurrency, retry_seconds=retry)
    questions = Webhooks(token, concurrency=64, retry_seconds=retry)
    receipts = Receipts(journal, callbacks, faults, controls, pending, counts, account)
    carrier = Carrier(account, settings.messaging_sender, texts, journal, receipts, faults, controls, counts)
    catalogue = Catalogue(account, texts, journal, faults)
    inbound = Inbound(account, texts, journal, questions, controls, pending, counts)
    returns = Returns(journal, controls, pending, counts)
    office = PostOffice(mails, journal, counts, returns.plan)
    mail = MailTask(settings, office, faults)

    parts = (texts, mails, journal, inbound, controls, counts, pending, faults)
    sandbox = Sandbox(
        settings,
        routers=[
            CarrierRoutes(account, carrier, catalogue, receipts, faults).router,
            control.router,
            faulting.router,
            pages.router,
        ],
        services={type(part): part for part in parts},
        tasks=[CarrierTask((callbacks, questions), receipts, returns, journal, controls, unfinished), mail],
        body_limits={"/sandbox/inbound/bulk": settings.bulk_max_bytes},
    )
    sandbox.mail = mail
    sandbox.api.basic = "The account's sid and token, as with Twilio"
    sandbox.api.add_middleware(Door, account=account, token=token)
    return sandbox


def main() -> None:
    """Run until told to stop."""
    build(Settings()).run()
