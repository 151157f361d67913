"""The other side of the sandbox: a webhook and a mailbox, real servers both."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import cast

from aiohttp import web
from aiosmtpd.smtp import SMTP, Envelope, Session
from twilio.request_validator import RequestValidator


async def until(holds: Callable[[], bool], *, within: float = 30.0) -> None:
    """Wait for a fact."""
    async with asyncio.timeout(within):
        while not holds():
            await asyncio.sleep(0.01)


@dataclass(frozen=True)
class WebhookRequest:
    """One webhook request."""

    target: str
    form: dict[str, str]
    signed: bool
    token: str


@dataclass
class Hook:
    """A webhook. `statuses` are used up one a request, then 200; `reply` is the TwiML it answers."""

    auth_token: str
    url: str = ""
    requests: list[WebhookRequest] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    reply: str = "<Response/>"

    async def answer(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        signature = request.headers["X-Twilio-Signature"]
        address = f"{self.url}{request.raw_path}"
        signed = RequestValidator(self.auth_token).compute_signature(address, form) == signature
        self.requests.append(
            WebhookRequest(request.raw_path, form, signed, request.headers["I-Twilio-Idempotency-Token"])
        )
        status = self.statuses.pop(0) if self.statuses else 200
        return web.Response(status=status, text=self.reply, content_type="application/xml")

    def statuses_of(self, sid: str) -> list[str]:
        """The statuses reported of one text, in the order they came."""
        return [each.form["MessageStatus"] for each in self.requests if each.form.get("MessageSid") == sid]

    @asynccontextmanager
    async def serving(self, port: int = 0) -> AsyncIterator["Hook"]:
        app = web.Application()
        app.router.add_post("/{path:.*}", self.answer)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", port, reuse_address=True)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield self
        finally:
            await runner.cleanup()


@dataclass
class Mailbox:
    """A mail server that keeps what it is sent. `refusals` are used up one a mail."""

    mails: list[tuple[str, list[str], EmailMessage]] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    address: str = ""

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.refusals:
            return self.refusals.pop(0)
        message = message_from_bytes(cast(bytes, envelope.content), policy=default)
        self.mails.append((str(envelope.mail_from), list(envelope.rcpt_tos), message))
        return "250 OK"

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["Mailbox"]:
        server = await asyncio.get_running_loop().create_server(lambda: SMTP(self), "127.0.0.1", 0)
        self.address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            yield self
        finally:
            server.close()
