"""SMTP in: a small server that takes mail for the return path, where bounces arrive, and nothing else."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session
from chassis.errors import Unavailable
from chassis.observability.logs import get
from dispatch_email.domain.return_path import ReturnPaths

log = get(__name__)
_LONGEST_LINE = 64_000
"""Odd systems bounce with lines far over RFC 5321's 1,000; the size limit still holds."""
_MOST_RECIPIENTS = 10
TakeBounce = Callable[[Sequence[str], bytes], Awaitable[None]]
"""Given the recipients and the mail; returns after the commit, or raises Unavailable."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one sender of bounces may take up."""

    connections: int
    message_bytes: int
    idle_seconds: float


class Handler:
    """aiosmtpd's hooks. 250 is said after the commit; what cannot be kept now is asked for again with 451."""

    def __init__(self, take: TakeBounce, return_paths: ReturnPaths) -> None:
        self._take, self._return_paths = take, return_paths

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's word
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Relays nothing: only our own return path."""
        if not self._return_paths.takes(address):
            return "550 5.7.1 only bounces are taken here"
        if len(envelope.rcpt_tos) >= _MOST_RECIPIENTS:
            return "452 4.5.3 too many recipients"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Taken once it is committed."""
        content = envelope.content
        await self._take(envelope.rcpt_tos, content if isinstance(content, bytes) else b"")
        return "250 2.0.0 OK"

    async def handle_exception(self, error: Exception) -> str:
        """Never loses a bounce: the server that brought it tries again."""
        if not isinstance(error, Unavailable):
            log.error("bounce not taken", error=type(error).__name__, exc_info=error)
        return "451 4.3.0 try again later"


class BounceServer:
    """A task: listens until cancelled. `port` is known once it listens."""

    name = "bounces"

    def __init__(self, handler: Handler, host: str, port: int, hostname: str, limits: Limits) -> None:
        self._handler, self._host, self.port, self._hostname, self._limits = handler, host, port, hostname, limits
        self._sessions: set[_Session] = set()
        self.listening = asyncio.Event()

    async def run(self) -> None:
        """Listen; at the end every connection is closed, and what had no 250 comes again."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(self._new_session, self._host, self.port)
        self.port = server.sockets[0].getsockname()[1]
        log.info("listening for bounces", port=self.port)
        self.listening.set()
        try:
            await server.serve_forever()
        finally:
            server.close()
            for session in tuple(self._sessions):
                session.leave()

    def _new_session(self) -> "_Session":
        return _Session(self._handler, self._sessions, self._hostname, self._limits)


class _Session(SMTP):
    """One connection; one too many is closed before its first command."""

    line_length_limit = _LONGEST_LINE

    def __init__(self, handler: Handler, others: "set[_Session]", hostname: str, limits: Limits) -> None:
        super().__init__(
            handler,
            data_size_limit=limits.message_bytes,
            enable_SMTPUTF8=True,
            hostname=hostname,
            ident="Muster",
            timeout=limits.idle_seconds,
            loop=asyncio.get_running_loop(),
        )
        self._others, self._most, self._admitted = others, limits.connections, False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take a place, if there is one."""
        if not self._admitted and len(self._others) >= self._most:
            assert isinstance(transport, asyncio.WriteTransport)
            transport.write(b"421 4.3.2 too many connections\r\n")
            transport.close()
            return
        self._admitted = True
        self._others.add(self)
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """What a closed one still sends is dropped."""
        if self._admitted:
            super().data_received(data)

    def eof_received(self) -> bool | None:
        """Close."""
        return super().eof_received() if self._admitted else False

    def connection_lost(self, error: Exception | None) -> None:
        """Give the place back."""
        self._others.discard(self)
        if self._admitted:
            super().connection_lost(error)

    def leave(self) -> None:
        """Close this side."""
        transport: Any = self.transport
        if transport is not None:
            transport.close()
