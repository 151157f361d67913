"""Posts signed webhooks: pooled, so many at a time, retried as the address's connection overrides say."""

import asyncio
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass

import aiohttp
from sandbox.carrier.webhooks.connection_overrides import ConnectionOverrides, connection_overrides
from sandbox.carrier.webhooks.forms import encoded, signature
from yarl import URL


@dataclass(frozen=True, slots=True)
class WebhookResult:
    """How a webhook ended; `status` None is no answer at all."""

    status: int | None
    attempts: int
    body: bytes

    @property
    def ok(self) -> bool:
        """A 2xx."""
        return self.status is not None and 200 <= self.status < 300


@dataclass(slots=True)
class _Call:
    to: ConnectionOverrides
    body: bytes
    headers: dict[str, str]
    then: Callable[[WebhookResult], None]
    began: float
    attempts: int = 0


class WebhookClient:
    """A queue and so many workers, each with one request at a time."""

    def __init__(self, token: str, *, concurrency: int, retry_seconds: float) -> None:
        self._token, self._concurrency, self._retry_seconds = token.encode(), concurrency, retry_seconds
        self._queue: asyncio.Queue[_Call] = asyncio.Queue()
        self._workers: list[asyncio.Task[None]] = []
        self._session: aiohttp.ClientSession | None = None

    def start(self) -> None:
        """Open the pool. Connections idle for 2 s are dropped, before the server drops them."""
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=2.0)
        self._session = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
        self._workers = [asyncio.create_task(self._work(self._session)) for _ in range(self._concurrency)]

    async def close(self) -> None:
        """Stop at once; requests that were under way are lost, as when a carrier is killed."""
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)
        if self._session:
            await self._session.close()

    def send(
        self, url: str, form: dict[str, str], then: Callable[[WebhookResult], None], *, forged: bool = False
    ) -> None:
        """Queue a POST; `then` is called once, at its end. `forged` signs with another token."""
        to = connection_overrides(url)
        headers = {
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            "User-Agent": "TwilioProxy/1.1",
            "Accept": "*/*",
            "I-Twilio-Idempotency-Token": str(uuid.uuid4()),
            "X-Twilio-Signature": signature(b"forged" if forged else self._token, to.address, form.items()),
        }
        self._queue.put_nowait(_Call(to, encoded(form), headers, then, time.monotonic()))

    async def call(self, url: str, form: dict[str, str]) -> WebhookResult:
        """Post and await the end."""
        ended: asyncio.Future[WebhookResult] = asyncio.get_running_loop().create_future()
        self.send(url, form, lambda called: None if ended.done() else ended.set_result(called))
        return await ended

    async def _work(self, session: aiohttp.ClientSession) -> None:
        while True:
            call = await self._queue.get()
            call.attempts += 1
            status, body, failure = await _post(session, call)
            wait = self._retry_seconds * 2 ** (call.attempts - 1)
            spent = time.monotonic() - call.began
            if failure in call.to.policy and call.attempts <= call.to.retries and spent + wait < call.to.total:
                asyncio.get_running_loop().call_later(wait, self._queue.put_nowait, call)
            else:
                call.then(WebhookResult(status, call.attempts, body))


async def _post(session: aiohttp.ClientSession, call: _Call) -> tuple[int | None, bytes, str]:
    """One attempt: status, body, and the kind of failure as the retry policy names it."""
    timeout = aiohttp.ClientTimeout(total=call.to.connect + call.to.read, sock_connect=call.to.connect)
    url = URL(call.to.address, encoded=True)
    try:
        async with session.post(
            url, data=call.body, headers=call.headers, timeout=timeout, allow_redirects=False
        ) as response:
            body = await response.read()
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
        return None, b"", "ct"
    except (aiohttp.ClientError, TimeoutError, OSError):
        return None, b"", "rt"
    return response.status, body, {4: "4xx", 5: "5xx"}.get(response.status // 100, "")
