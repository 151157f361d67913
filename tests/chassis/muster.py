"""The `muster` command as an operator runs it: a process of its own in the service's environment."""

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg
import orjson
from chassis.settings import ServiceSettings

from tests.support.facts import eventually


@dataclass(frozen=True, slots=True)
class Said:
    """What a command said and ended with."""

    code: int
    out: str
    error: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Its output as one JSON object a line."""
        return [orjson.loads(line) for line in self.out.splitlines()]


async def muster(settings: ServiceSettings, *arguments: str, also: dict[str, str] | None = None) -> Said:
    """Run it to its end."""
    environment = {
        **({"DATABASE_URL": settings.database_url} if settings.database_url else {}),
        "KAFKA_BOOTSTRAP_SERVERS": settings.kafka_bootstrap_servers,
        "TOPIC_PREFIX": settings.topic_prefix,
        "PATH": "/usr/bin:/bin",
        **(also or {}),
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "chassis.cli", *arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment,
    )
    out, error = await process.communicate()
    return Said(process.returncode or 0, out.decode(), error.decode())


async def letters(settings: ServiceSettings) -> list[dict[str, Any]]:
    """Every dead letter of the small service."""
    said = await muster(settings, "dead-letters", "list", "members")
    assert said.code == 0, said.error
    return said.lines


async def replayed(settings: ServiceSettings, wanted: Sequence[str], *options: str) -> Said:
    """Ask for these as Ann."""
    return await muster(settings, "dead-letters", "replay", "members", *wanted, "--by", "ann", *options)


async def rows(settings: ServiceSettings, count: int) -> list[asyncpg.Record]:
    """The dead letters of a service as they lie in its database, once there are so many."""
    connection = await asyncpg.connect(settings.database_url.replace("+asyncpg", ""))

    async def found() -> list[asyncpg.Record]:
        return list(await connection.fetch("SELECT * FROM dead_letters ORDER BY id"))

    try:
        return list(await eventually(found, until=lambda seen: len(seen) >= count))
    finally:
        await connection.close()
