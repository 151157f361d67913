"""The union's staff: HTTP clients of the services, each with its own token."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any, TypeVar

import httpx
from local_stack.api_clients import create_client, fetch_token
from local_stack.processes import Failed
from local_stack.stack import Stack

T = TypeVar("T")
Json = Any
"""The JSON of a service's answer, read by name."""
_TIMEOUT_SECONDS = 600.0


class Refusal(Failed):
    """A problem+json answer."""

    def __init__(self, what: str, status: int, body: str) -> None:
        super().__init__(f"{what} was answered {status}: {body[:2000]}")
        self.status, self.body = status, body

    def is_about(self, field: str) -> bool:
        """Whether the problem names this field."""
        return self.status == 422 and f'"field":"{field}"' in self.body


class Staff:
    """One API client, such as an organiser. A refusal ends the demo with its problem+json."""

    def __init__(self, stack: Stack, client_id: str, secret: str) -> None:
        self._stack, self.client_id, self._secret = stack, client_id, secret
        self._exit = AsyncExitStack()
        self._clients: dict[str, httpx.AsyncClient] = {}

    async def __aenter__(self) -> "Staff":
        await create_client(self._stack, self.client_id, self._secret)
        token = await fetch_token(self._stack.url("access"), self.client_id, self._secret)
        for service in ("members", "segmenter", "ballot", "dispatch-sms", "dispatch-email"):
            client = httpx.AsyncClient(
                base_url=self._stack.url(service),
                headers={"Authorization": f"Bearer {token}"},
                timeout=_TIMEOUT_SECONDS,
            )
            self._clients[service] = await self._exit.enter_async_context(client)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._exit.aclose()

    async def call(self, service: str, method: str, path: str, **request: Any) -> Json:
        """The answer's JSON, or its text. Raises Failed with the problem for anything but a 2xx."""
        answer = await self._clients[service].request(method, path, **request)
        if not answer.is_success:
            raise Refusal(f"{method} {path} of {service}", answer.status_code, answer.text)
        if answer.content and "json" in answer.headers.get("content-type", ""):
            return answer.json()
        return answer.text

    async def get(self, service: str, path: str, **query: str) -> Json:
        """GET."""
        return await self.call(service, "GET", path, params=query)

    async def post(self, service: str, path: str, body: object = None) -> Json:
        """POST JSON."""
        return await self.call(service, "POST", path, json=body)


async def until(
    look: Callable[[], Awaitable[T]], ready: Callable[[T], bool], *, within: float, what: str, every: float = 0.5
) -> T:
    """Look again and again until it is ready. Raises Failed with what was waited for and what was seen last."""
    found: T | None = None
    try:
        async with asyncio.timeout(within):
            while True:
                found = await look()
                if ready(found):
                    return found
                await asyncio.sleep(every)
    except TimeoutError:
        raise Failed(f"{what}: not within {within:.0f} s; last seen: {str(found)[:500]}") from None
