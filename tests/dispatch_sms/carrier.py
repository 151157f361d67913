"""The provider under test, upon a real server that answers as it is told."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID

from dispatch.provider import Lookup, Outbound, Outcome, text_mark
from dispatch_sms.provider import TwilioProvider
from dispatch_sms.settings import Settings

from tests.dispatch_sms.raw_server import Manner, RawServer

DELIVERY = UUID("6f1f4b0e-8a57-5c0e-9a9c-0d6c3c2b1a00")
PUBLIC = "https://sms.union.example"
SECRET = secrets.token_bytes(32)
BRIEF = {"call_timeout_seconds": 4.0}
"""Where the server does not answer. Where it does, only the machine can be slow."""
NOON = datetime(2026, 3, 2, 12, 0, 0, tzinfo=UTC)


async def granted() -> bool:
    """The ledger's word, where there is none: let go."""
    return True


def settings_for(url: str, **given: object) -> Settings:
    names = ("id_secret", "pseudonym_secret", "address_secret", "link_secret")
    values: dict[str, object] = {
        **{name: secrets.token_hex(32) for name in names},
        "environment": "test",
        "public_url": PUBLIC,
        "twilio_account_sid": "AC" + secrets.token_hex(16),
        "twilio_auth_token": secrets.token_hex(32),
        "twilio_base_url": url,
        "call_timeout_seconds": 20.0,
        **given,
    }
    return Settings.model_validate(values)


@asynccontextmanager
async def carrier(*manners: Manner, **given: object) -> AsyncIterator[tuple[RawServer, TwilioProvider]]:
    server = RawServer(list(manners))
    async with server.serving(), running(settings_for(server.url, **given)) as provider:
        yield server, provider


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[TwilioProvider]:
    provider = TwilioProvider(settings)
    try:
        yield provider
    finally:
        await provider.close()


def outbound(text: str = "Picket at six", sender: str = "+447700900000", valid_for: int = 3600) -> Outbound:
    return Outbound(text, "", "", "en", sender, "", DELIVERY, 3, "+447700900123", "", valid_for)


def lookup(text: str = "Picket at six", sender: str = "+447700900000") -> Lookup:
    until = NOON.replace(minute=1)
    return Lookup(DELIVERY, 3, "+447700900123", sender, NOON, until, text_mark(SECRET, "+447700900123", text), SECRET)


async def outcome_of(*manners: Manner, **given: object) -> tuple[Outcome, RawServer]:
    async with carrier(*manners, **given) as (server, provider):
        outcome = await provider.send(outbound(), granted)
    return outcome, server
