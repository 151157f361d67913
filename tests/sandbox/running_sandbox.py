"""A running sandbox with its clients: Twilio's SDK, and plain HTTP for the controls."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import aiosmtplib
import httpx
import orjson
import pytest
from sandbox.app import build
from sandbox.settings import Settings
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.rest import Client

from tests.support.answers import http_client

ACCOUNT = "AC" + "5" * 32
TOKEN = "0123456789abcdef0123456789abcdef"
SENDER = "+447700900000"
MEMBER = "+447700900123"
DELIVERY = "0f0e0d0c-0b0a-4908-8706-050403020100"

SDK_WARNINGS = [
    # Twilio's own asynchronous client uses what aiohttp means to drop.
    pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:The 'auth' parameter is deprecated:DeprecationWarning"),
]


@dataclass
class RunningSandbox:
    """One sandbox in this process."""

    url: str
    smtp_port: int
    http: httpx.AsyncClient
    twilio: Client
    journal_dir: Path

    @classmethod
    @asynccontextmanager
    async def of(cls, settings: Settings) -> AsyncIterator["RunningSandbox"]:
        """Start one, with clients that differ from the real ones in nothing but the base address."""
        application = build(settings)
        async with (
            application.serving() as url,
            http_client("sandbox", url, auth=(ACCOUNT, TOKEN)) as http,
            AsyncTwilioHttpClient() as sdk_http,
        ):
            client = Client(ACCOUNT, TOKEN, http_client=sdk_http)
            client.api.base_url = url
            yield cls(url, application.smtp_port, http, client, settings.journal_dir)

    async def text(self, to: str = MEMBER, body: str = "Picket at six", **more: Any) -> Any:
        """One text by the SDK."""
        return await self.twilio.messages.create_async(to=to, from_=SENDER, body=body, **more)

    async def mail(
        self, to: str, *, text: str = "Picket at six", gen: int = 1, only_ehlo: bool = False, **options: Any
    ) -> Any:
        """One mail by aiosmtplib; gives the server's last reply. `only_ehlo`: without falling back to HELO."""
        message = EmailMessage()
        message["From"], message["To"] = "Branch <branch@union.example>", to
        message["Subject"], message["Message-ID"] = "Piced – chwech o'r gloch", f"<{DELIVERY}@union.example>"
        message["X-Muster-Attempt"] = str(gen)
        message.set_content(text)
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=self.smtp_port, start_tls=False) as client:
            if only_ehlo:
                await client.ehlo()
            return (await client.send_message(message, sender="bounces@union.example", recipients=[to], **options))[1]

    async def fault(self, kind: str, **parameters: Any) -> int:
        """Arm a fault; its id."""
        answer = await self.http.post("/sandbox/faults", json={"kind": kind} | parameters)
        assert answer.status_code == 201, answer.text
        return int(answer.json()["faults"][0]["id"])

    async def settled(self) -> dict[str, Any]:
        """Counts, once nothing is under way."""
        answer = (await self.http.post("/sandbox/settle", json={"timeout": 20})).json()
        assert answer["settled"], answer
        return dict(answer)

    def lines(self, name: str) -> list[dict[str, Any]]:
        """The lines of a file of the journal."""
        return [orjson.loads(line) for line in (self.journal_dir / f"{name}.jsonl").read_bytes().splitlines()]
