"""Kafka and PostgreSQL of a run; `python -m tests.support.servers FOLDER` serves them to the workers of one."""

import asyncio
import json
import secrets
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from local_stack.kafka import KafkaServer, fetch_jars
from local_stack.postgres import PostgresServer
from local_stack.processes import Failed, end_with_parent, tail

from tests.support.facts import eventually

JARS = Path(__file__).parents[2] / ".muster" / "kafka"


@dataclass(frozen=True, slots=True)
class Servers:
    """One of each, with data and logs under `folder`."""

    folder: Path
    kafka: KafkaServer
    postgres: PostgresServer

    @classmethod
    async def started(cls, folder: Path) -> Self:
        """Both, started side by side. Once both answer, `servers.json` says where they are."""
        password = secrets.token_hex(16)
        servers = await cls._under(folder, password)
        await asyncio.gather(servers.kafka.start(), servers.postgres.start())
        address = {"kafka": servers.kafka.bootstrap, "postgres": servers.postgres.port, "password": password}
        part = folder / "servers.json.part"
        part.write_text(json.dumps(address))
        part.rename(folder / "servers.json")
        return servers

    @classmethod
    async def found(cls, folder: Path) -> Self:
        """Those that another process starts there. Raises Failed with what it said, if they do not come."""
        try:
            await eventually((folder / "servers.json").exists, within=180)
        except AssertionError:
            raise Failed(f"no servers:\n{tail(folder / 'servers.log')}") from None
        address = json.loads((folder / "servers.json").read_text())
        servers = await cls._under(folder, address["password"])
        servers.kafka.bootstrap, servers.postgres.port = address["kafka"], address["postgres"]
        return servers

    @classmethod
    async def _under(cls, folder: Path, password: str) -> Self:
        kafka = KafkaServer(folder / "kafka", await fetch_jars(JARS), folder / "kafka.log")
        return cls(folder, kafka, PostgresServer(folder / "postgres", password, folder / "postgres.log", durable=False))

    async def stop(self) -> None:
        """Stop both in order."""
        await asyncio.gather(self.kafka.stop(), self.postgres.stop())


async def _serve(folder: Path) -> None:
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    servers = await Servers.started(folder)
    await ended.wait()
    await servers.stop()


if __name__ == "__main__":
    end_with_parent()
    asyncio.run(_serve(Path(sys.argv[1])))
