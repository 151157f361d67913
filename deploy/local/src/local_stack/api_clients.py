"""Clients of the members' token endpoint: made offline, then asked for tokens like any other."""

import sys
from pathlib import Path
from typing import Any

import httpx
from local_stack.processes import Command, run
from local_stack.stack import Stack


async def create_client(stack: Stack, client_id: str, secret: str, scopes: str = "all") -> None:
    """Make the client, or give it this secret, by members' own command."""
    said = stack.root / f"client-{client_id}.out"
    said.touch(mode=0o600)
    argv = ("client", "create", "--id", client_id, "--scopes", scopes, "--replace")
    environment = stack.environment("members") | {"CLIENT_SECRET": secret}
    try:
        await run(Command("members client", (sys.executable, "-m", "members", *argv), Path(said), environment))
    finally:
        said.unlink()


async def fetch_token(members_url: str, client_id: str, secret: str) -> str:
    """A bearer token with all scopes of the client."""
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
    async with httpx.AsyncClient(base_url=members_url, timeout=30) as client:
        answer = await client.post("/oauth/token", data=form)
        body: dict[str, Any] = answer.raise_for_status().json()
    return str(body["access_token"])
