"""What runs beside HTTP: the carrier's timers and webhooks, and the mail server."""

import asyncio
import socket
import ssl
from functools import partial

from sandbox.controls import Controls
from sandbox.fates import fate_of_number
from sandbox.faults import Faults
from sandbox.journal import Journal
from sandbox.post_office import PostOffice
from sandbox.receipts import Receipts
from sandbox.recovery import Unfinished
from sandbox.returns import Returns
from sandbox.settings import Settings
from sandbox.smtp import Protocol
from sandbox.texts import Text
from sandbox.webhooks import Webhooks


class CarrierTask:
    """Keeps webhooks going; takes up what a restart left under way."""

    name = "carrier"

    def __init__(
        self,
        webhooks: tuple[Webhooks, ...],
        receipts: Receipts,
        returns: Returns,
        journal: Journal,
        controls: Controls,
        unfinished: Unfinished,
    ) -> None:
        self._webhooks, self._receipts, self._returns = webhooks, receipts, returns
        self._journal, self._controls, self._unfinished = journal, controls, unfinished

    async def run(self) -> None:
        """Endless."""
        for each in self._webhooks:
            each.start()
        for text, callback in self._unfinished.texts:
            self._resume(text, callback)
        for text, callback in self._unfinished.untold:
            self._receipts.repeat(text, callback)
        for mail, recipient, ret in self._unfinished.mails:
            self._returns.plan(mail, recipient, ret)
        try:
            await asyncio.Event().wait()
        finally:
            self._receipts.close()
            await self._returns.close()
            for each in self._webhooks:
                await each.close()
            self._journal.close()

    def _resume(self, text: Text, callback: str) -> None:
        course = self._receipts.course(text, callback, fate_of_number(text.to, fixed=self._controls.fates))
        if text.status == "sent":
            course.steps.pop(0)
        self._receipts.begin(course)


class MailTask:
    """The mail server."""

    name = "mail"

    def __init__(self, settings: Settings, office: PostOffice, faults: Faults) -> None:
        password = settings.smtp_password.get_secret_value()
        login = (settings.smtp_username, password) if settings.smtp_username else None
        self._protocol = partial(
            Protocol,
            office,
            faults,
            hostname=settings.smtp_hostname,
            limit=settings.smtp_max_bytes,
            login=login,
            tls=_tls(settings),
        )
        self._address = (settings.host, settings.smtp_port)
        self.listening = asyncio.Event()
        self.port = 0

    async def run(self) -> None:
        """Endless; `port` is known once `listening` is set."""
        listener = socket.create_server(self._address, backlog=1024)
        server = await asyncio.get_running_loop().create_server(self._protocol, sock=listener)
        self.port = listener.getsockname()[1]
        self.listening.set()
        try:
            await server.serve_forever()
        finally:
            server.close()


def _tls(settings: Settings) -> ssl.SSLContext | None:
    if settings.smtp_tls_certificate is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(settings.smtp_tls_certificate, settings.smtp_tls_key)
    return context
