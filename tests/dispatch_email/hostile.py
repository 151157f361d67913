"""A little mail server that misbehaves where it is told to."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

CLOSE = b""
"""In place of a reply: hang up."""
SILENCE = b"..."
"""In place of a reply: say nothing and wait until the other side hangs up."""

_USUAL = {
    "connect": b"220 hostile.example ESMTP",
    "ehlo": b"250-hostile.example\r\n250-DSN\r\n250 SIZE 1000000",
    "mail": b"250 2.1.0 OK",
    "rcpt": b"250 2.1.5 OK",
    "data": b"354 go ahead",
    "dot": b"250 2.0.0 queued",
    "rset": b"250 2.0.0 OK",
    "quit": b"221 bye",
    "noop": b"250 OK",
    "starttls": b"220 go ahead",
    "auth": b"235 2.7.0 OK",
}


@dataclass
class Hostile:
    """`script` gives the reply of a stage, one for each time it comes, then the usual one. `body_bytes` set: hang up
    after so many bytes of the body."""

    script: dict[str, list[bytes]] = field(default_factory=dict)
    extensions: bytes | None = None
    body_bytes: int | None = None
    tls: ssl.SSLContext | None = None
    after_dot: bool = False
    """Hang up right after the answer to the dot."""

    port: int = 0
    connections: int = 0
    silent: bool = False
    lines: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    def said(self, verb: str) -> list[str]:
        """The commands that began with this word."""
        return [line for line in self.lines if line.upper().startswith(verb)]

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["Hostile"]:
        """On a free port until the block ends."""
        server = await asyncio.start_server(self._visit, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()

    async def _visit(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            await self._talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not await self._say(reader, writer, "connect"):
            return
        while line := await reader.readline():
            text = line.decode().rstrip("\r\n")
            self.lines.append(text)
            stage = text.split(" ")[0].lower()
            if not await self._say(reader, writer, "ehlo" if stage == "helo" else stage):
                return
            if stage == "starttls" and self.tls:
                await writer.start_tls(self.tls)
            if stage == "data" and not await self._body(reader, writer):
                return
            if stage == "quit":
                return

    async def _body(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        if not self._opened:
            return True
        if self.body_bytes is not None:
            await reader.readexactly(self.body_bytes)
            writer.transport.abort()
            return False
        body = bytearray()
        while (line := await reader.readline()) != b".\r\n":
            if not line:
                return False
            body += line
        self.bodies.append(bytes(body))
        return await self._say(reader, writer, "dot") and not self.after_dot

    async def _say(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, stage: str) -> bool:
        scripted = self.script.get(stage)
        reply = scripted.pop(0) if scripted else _USUAL.get(stage, b"502 5.5.1 what?")
        if stage == "ehlo" and not scripted and self.extensions is not None:
            reply = self.extensions
        if stage == "data":
            self._opened = reply.startswith(b"354")
        if reply == SILENCE:
            self.silent = True
            await reader.read()
            return False
        if reply == CLOSE:
            return False
        writer.write(reply + b"\r\n")
        await writer.drain()
        return not reply.startswith(b"421")
