"""The way out against a hostile server."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from dispatch.provider import Outcome
from dispatch_email.provider.mail import Mail

from tests.dispatch_email.hostile import Hostile
from tests.dispatch_email.letters import NOON, granted, outbound, settings


@asynccontextmanager
async def mail(server: Hostile, **changes: Any) -> AsyncIterator[Mail]:
    async with server.serving():
        way = Mail(settings(server.port, **changes), lambda: NOON)
        try:
            yield way
        finally:
            await way.close()


async def sent(server: Hostile, message: Any = None, **changes: Any) -> Outcome:
    async with mail(server, **changes) as way:
        return await way.send(message or outbound(), granted)
