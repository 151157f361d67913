"""A carrier that answers byte for byte what a test tells it to, and keeps what it was asked."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs

REFERENCE = "SM" + "5" * 32


@dataclass(frozen=True)
class Asked:
    """One request as it came in."""

    method: str
    target: str
    headers: dict[str, str]
    body: str

    @property
    def form(self) -> dict[str, str]:
        """The form's parameters."""
        return {name: values[0] for name, values in parse_qs(self.body).items()}


Manner = Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass
class RawServer:
    """`manners` are used up one a request; the last stays."""

    manners: list[Manner]
    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0
    _handlers: list[asyncio.Task[None]] = field(default_factory=list)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["RawServer"]:
        """Listen on a free port."""
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0, backlog=512)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            yield self
        finally:
            server.close()
            for handler in self._handlers:
                handler.cancel()
            await asyncio.gather(*self._handlers, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._handlers.append(asyncio.create_task(self._serve(reader, writer)))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                self.asked.append(await _request(reader))
                manner = self.manners.pop(0) if len(self.manners) > 1 else self.manners[0]
                await manner(writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


async def _request(reader: asyncio.StreamReader) -> Asked:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    first, *lines = head.strip().split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Asked(method, target, headers, body.decode())


def says(status: int, body: object, **headers: str) -> Manner:
    """A whole answer; a str goes out as it is, anything else as JSON."""
    text = body if isinstance(body, str) else json.dumps(body)
    named = {"Content-Type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}

    async def answer(writer: asyncio.StreamWriter) -> None:
        lines = [f"HTTP/1.1 {status} Whatever", *(f"{name}: {value}" for name, value in named.items())]
        writer.write("\r\n".join([*lines, f"Content-Length: {len(text.encode())}", "", text]).encode())
        await writer.drain()

    return answer


def truncated(status: int, body: str) -> Manner:
    """Half of the promised bytes, then the end of the connection."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        head = f"HTTP/1.1 {status} Created\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write((head + body[: len(body) // 2]).encode())
        await writer.drain()
        writer.close()

    return answer


async def resets(writer: asyncio.StreamWriter) -> None:
    """Read the request, answer nothing, cut the line."""
    writer.transport.abort()


async def is_silent(_: asyncio.StreamWriter) -> None:
    """Read the request and never answer."""


def dribbles(body: str, gap: float) -> Manner:
    """The answer byte by byte, slower than any timeout between two bytes would notice."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(f"HTTP/1.1 201 Created\r\nContent-Length: {len(body)}\r\n\r\n".encode())
        for letter in body:
            writer.write(letter.encode())
            await writer.drain()
            await asyncio.sleep(gap)

    return answer


def created(reference: str = REFERENCE) -> Manner:
    """What Twilio says to a message it took."""
    return says(201, listed(reference))


def listed(reference: str = REFERENCE, **fields: object) -> dict[str, object]:
    """A message as Twilio shows it."""
    return {
        "sid": reference,
        "status": "queued",
        "body": "Picket at six",
        "from": "+447700900000",
        "to": "+447700900123",
        "messaging_service_sid": None,
        "direction": "outbound-api",
        "num_segments": "1",
        "error_code": None,
        "date_created": "Mon, 02 Mar 2026 12:00:05 +0000",
        "date_sent": None,
        **fields,
    }


def page(messages: list[dict[str, object]], next_page: str | None = None) -> Manner:
    """A page of Twilio's list."""
    return says(200, {"messages": messages, "next_page_uri": next_page, "page": 0, "page_size": 50, "uri": "/x"})
