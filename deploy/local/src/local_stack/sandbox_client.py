"""The controls of the stack's sandbox: faults, and texts from members."""

from typing import Any

import httpx
from local_stack.stack import Stack


class Sandbox:
    """Who may steer it."""

    def __init__(self, stack: Stack) -> None:
        self._url = stack.url("sandbox")
        self._login = stack.secrets["TWILIO_ACCOUNT_SID"], stack.secrets["TWILIO_AUTH_TOKEN"]

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        """The answer's JSON."""
        async with httpx.AsyncClient(base_url=self._url, auth=self._login, timeout=60) as client:
            answer = await client.request(method, path, json=body)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    async def faults(self, *rules: dict[str, Any]) -> None:
        """These, and none of those before."""
        await self.call("DELETE", "/sandbox/faults")
        if rules:
            await self.call("POST", "/sandbox/faults", {"rules": list(rules)})

    async def text(self, numbers: list[tuple[str, str]], body: str) -> int:
        """Have members (their number, ours) text; how many were taken."""
        texts = [{"from": number, "to": ours, "body": body} for number, ours in numbers]
        answer = await self.call("POST", "/sandbox/inbound/bulk", {"texts": texts, "concurrency": 4})
        return int(answer["ok"])
