"""Twilio's SDK over a connection pool of our own.

The SDK's own async client ignores its timeout, hands responses to the wrong caller without a pool, re-posts on 5xx when
told to retry, drops Retry-After and logs every URL with the number in it. Here: one request is one request, under a
connect and a total timeout, and whatever is not the expected answer is raised with its status, code and Retry-After.
"""

import logging
from base64 import b64encode
from datetime import UTC, datetime
from urllib.parse import urlencode

import aiohttp
from aiohttp.abc import AbstractStreamWriter
from aiohttp.connector import Connection
from chassis.failpoints import reach
from dispatch_sms.domain.outcomes import provider_code
from dispatch_sms.domain.retry_after import seconds
from twilio.base.exceptions import TwilioException
from twilio.http import AsyncHttpClient
from twilio.http.response import Response
from twilio.rest import Client

KEPT_ALIVE = 4.0
"""Seconds; below the idle limit of any server we meet, so that no POST goes out on a connection just being closed."""
_EXPECTED = {"POST": 201, "DELETE": 204}
UNREADABLE = (ValueError, TypeError, AttributeError, KeyError, TwilioException)
"""What the SDK raises on an answer that is not the JSON it expects."""


class Answered(Exception):
    """The provider answered, but not with what was asked for. `code` is Twilio's own, or empty."""

    def __init__(self, status: int, code: str, retry_after: float) -> None:
        super().__init__(f"{status} {code}".strip())
        self.status, self.code, self.retry_after = status, code, retry_after


class _Written(aiohttp.ClientRequest):
    """aiohttp's trace hooks speak before a chunk is written; this is after the last byte, with no answer read."""

    async def write_bytes(
        self, writer: AbstractStreamWriter, conn: Connection, content_length: int | None = None
    ) -> None:
        await super().write_bytes(writer, conn, content_length)
        if self.method == "POST":
            reach("sender.calling")


class PooledHttp(AsyncHttpClient):
    """The SDK's seam for HTTP. Opens its connections on first use, within the running loop."""

    def __init__(self, account: tuple[str, str], *, total: float, connect: float, connections: int) -> None:
        super().__init__(logging.getLogger("twilio"), True, total)
        self._authorization = f"Basic {b64encode(':'.join(account).encode()).decode()}"
        self._timeout = aiohttp.ClientTimeout(total=total, sock_connect=connect)
        self._connections = connections
        self._session: aiohttp.ClientSession | None = None

    async def request(  # type: ignore[override]
        self,
        method: str,
        uri: str,
        params: dict[str, object] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        """One request. Raises Answered, aiohttp.ClientError or TimeoutError."""
        posted = urlencode(data, doseq=True).encode() if data else None
        async with self._opened().request(
            method,
            uri,
            params={name: str(value) for name, value in params.items()} if params else None,
            data=posted,
            headers={**(headers or {}), "Authorization": self._authorization},
            allow_redirects=False,
        ) as answer:
            text = await answer.text()
            if answer.status != _EXPECTED.get(method, 200):
                wait = seconds(answer.headers.get("Retry-After", ""), datetime.now(UTC))
                raise Answered(answer.status, provider_code(text), wait)
            return Response(answer.status, text, answer.headers)

    async def close(self) -> None:
        """Give the connections back."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=self._connections, keepalive_timeout=KEPT_ALIVE)
            self._session = aiohttp.ClientSession(
                connector=connector,
                timeout=self._timeout,
                cookie_jar=aiohttp.DummyCookieJar(),
                request_class=_Written,
            )
        return self._session


def client_at(base_url: str, account_sid: str, auth_token: str, http: PooledHttp) -> Client:
    """The SDK's client against any address that speaks Twilio's API; only the address differs."""
    client = Client(account_sid, auth_token, http_client=http)
    client.api.base_url = base_url.rstrip("/")
    return client
