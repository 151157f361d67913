"""Nothing but health is answered without the account's token."""

from tests.sandbox.running_sandbox import RunningSandbox
from tests.support.answers import http_client


async def test_the_door_is_shut_without_the_token_but_for_health(carrier: RunningSandbox) -> None:
    async with http_client("sandbox", carrier.url) as stranger:
        for path in ("/", "/mail", "/sandbox/messages", "/sandbox/journal", "/docs", "/openapi.json"):
            assert (await stranger.get(path)).status_code == 401, path
        assert (await stranger.get("/healthz")).status_code == 200
