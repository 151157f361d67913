"""API clients: created by the access service's command, then given tokens by its endpoint."""

import sys

import httpx
from local_stack.processes import Command, run
from local_stack.stack import Stack


async def create_client(stack: Stack, client_id: str, secret: str, scopes: str = "all") -> None:
    """Create the client, or give it this secret, by the command of access."""
    output = stack.root / f"client-{client_id}.out"
    output.touch(mode=0o600)
    argv = ("client", "create", "--id", client_id, "--scopes", scopes, "--replace")
    environment = stack.environment("access") | {"CLIENT_SECRET": secret}
    try:
        await run(Command("access client", (sys.executable, "-m", "access", *argv), output, environment))
    finally:
        output.unlink()


async def fetch_token(access_url: str, client_id: str, secret: str) -> str:
    """A bearer token with all scopes of the client."""
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
    async with httpx.AsyncClient(base_url=access_url, timeout=30) as client:
        answer = await client.post("/oauth/token", data=form)
    return str(answer.raise_for_status().json()["access_token"])
