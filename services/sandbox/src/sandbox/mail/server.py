"""The mail server's listening port."""

import asyncio
import socket
import ssl
from functools import partial

from sandbox.faults.active import Faults
from sandbox.mail.acceptance import MailAcceptance
from sandbox.mail.protocol import MailProtocol
from sandbox.settings import Settings


class MailServer:
    """A task of the application. `port` is known once `listening` is set."""

    name = "mail"

    def __init__(self, settings: Settings, acceptance: MailAcceptance, faults: Faults) -> None:
        password = settings.smtp_password.get_secret_value()
        login = (settings.smtp_username, password) if settings.smtp_username else None
        self._protocol = partial(
            MailProtocol,
            acceptance,
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
        """Serve until cancelled."""
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
