"""A broker of one test's own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from local_stack.kafka import KafkaServer, fetch_jars

from tests.support.servers import JARS
from tests.support.tokens import Issuer
from tests.support.world import Databases, World


@pytest.fixture
async def mortal_world(
    postgres: Databases, issuer: Issuer, installation: dict[str, str], tmp_path: Path
) -> AsyncIterator[World]:
    """A world whose broker may be killed; its data are in `kafka/data` of the world's folder."""
    server = KafkaServer(tmp_path / "kafka", await fetch_jars(JARS), tmp_path / "kafka.log")
    await server.start()
    world = World(server, postgres, issuer, installation, tmp_path)
    await world.start()
    yield world
    await world.stop()
    await server.stop()
