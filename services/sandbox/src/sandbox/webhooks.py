"""Signed webhooks to the system under test: pooled, bounded, retried as the address's connection overrides say."""

import asyncio
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass

import aiohttp
from sandbox.wire import Overrides, encoded, overrides, signature
from yarl import URL


@dataclass(frozen=True, slots=True)
class Called:
    """How a webhook ended; `status` is None when no answer came at all."""

    status: int | None
    attempts: int
    body: bytes

    @property
    def ok(self) -> bool:
        """A 2xx."""
        return self.status is not None and 200 <= self.status < 300


@dataclass(slots=True)
class _Call:
    to: Overrides
    body: bytes
    headers: dict[str, str]
    then: Callable[[Called], None]
    began: float
    attempts: int = 0


class Webhooks:
    """A queue and so many workers, each with one request at a time."""

    def __init__(self, token: str, *, concurrency: int, retry_seconds: float) -> None:
        self._token, self._concurrency, self._retry_seconds = token.encode(), concurrency, retry_seconds
        self._queue: asyncio.Queue[_Call] = asyncio.Queue()
        self._workers: list[asyncio.Task[None]] = []
        self._session: aiohttp.ClientSession | None = None

    def start(self) -> None:
        """Open the pool. Connections idle for 2 s are dropped, before the other side may drop them."""
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=2.0)
        self._session = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
        self._workers = [asyncio.create_task(self._work(self._session)) for _ in range(self._concurrency)]

    async def close(self) -> None:
        """Stop at once; what was under way is lost, as it is when a carrier dies."""
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)
        if self._session:
            await self._session.close()

    def send(self, url: str, form: dict[str, str], then: Callable[[Called], None], *, forged: bool = False) -> None:
        """Queue a POST; `then` is called once, at the end. `forged` signs with another token."""
        to = overrides(url)
        headers = {
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            "User-Agent": "TwilioProxy/1.1",
            "Accept": "*/*",
            "I-Twilio-Idempotency-Token": str(uuid.uuid4()),
            "X-Twilio-Signature": signature(b"forged" if forged else self._token, to.address, form.items()),
        }
        self._queue.put_nowait(_Call(to, encoded(form), headers, then, time.monotonic()))

    async def call(self, url: str, form: dict[str, str]) -> Called:
        """The same, awaited."""
        ended: asyncio.Future[Called] = asyncio.get_running_loop().create_future()
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
                call.then(Called(status, call.attempts, body))


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
