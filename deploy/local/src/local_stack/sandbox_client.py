"""A client of the sandbox's control API: faults, texts from members, and what is under way."""

from collections.abc import Mapping

import httpx
from local_stack.stack import Stack


class SandboxClient:
    """Of the stack's sandbox. Raises httpx.HTTPStatusError when a request is refused."""

    def __init__(self, stack: Stack) -> None:
        self._url = stack.url("sandbox")
        self._login = stack.secrets["TWILIO_ACCOUNT_SID"], stack.secrets["TWILIO_AUTH_TOKEN"]

    async def call(self, method: str, path: str, body: object = None) -> httpx.Response:
        """Any request; `body` is sent as JSON."""
        async with httpx.AsyncClient(base_url=self._url, auth=self._login, timeout=90) as client:
            answer = await client.request(method, path, json=body)
        return answer.raise_for_status()

    async def faults(self, *rules: Mapping[str, object]) -> None:
        """Inject these faults in place of all others."""
        await self.call("DELETE", "/sandbox/faults")
        if rules:
            await self.call("POST", "/sandbox/faults", {"rules": rules})

    async def text(self, numbers: list[tuple[str, str]], body: str) -> int:
        """Send a text from each of these members (their number, ours); how many webhooks answered with a 2xx."""
        texts = [{"from": number, "to": ours, "body": body} for number, ours in numbers]
        answer = await self.call("POST", "/sandbox/inbound/bulk", {"texts": texts, "concurrency": 4})
        return int(answer.json()["ok"])

    async def settle(self) -> bool:
        """Wait until no receipt, callback, inbound text or bounce is under way, for a minute at most."""
        return bool((await self.call("POST", "/sandbox/settle", {"timeout": 60})).json()["settled"])
