"""Real Kafka and real PostgreSQL, started once a session; topics and databases of its own for every test module."""

import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import hypothesis
import pytest
from local_stack.kafka import KafkaServer, fetch_jars
from local_stack.postgres import PostgresServer

from tests.support.tokens import Issuer
from tests.support.world import Databases, World

# A stall of the machine, which is no fault of what is tried, is no failure; what hangs is for the whole run's limit.
_UNHURRIED = [hypothesis.HealthCheck.too_slow]
hypothesis.settings.register_profile("muster", deadline=None, suppress_health_check=_UNHURRIED)
hypothesis.settings.load_profile("muster")
_REPOSITORY = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def data_folder() -> Iterator[Path]:
    """A folder for the servers' data, gone at the end."""
    folder = Path(tempfile.mkdtemp(prefix="muster-tests-"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
async def kafka_server(data_folder: Path) -> AsyncIterator[KafkaServer]:
    """Apache Kafka; `.bootstrap` is its address."""
    jars = await fetch_jars(_REPOSITORY / ".muster" / "kafka")
    server = KafkaServer(data_folder / "kafka", jars, data_folder / "kafka.log")
    await server.start()
    yield server
    await server.stop()


@pytest.fixture(scope="session")
async def postgres(data_folder: Path) -> AsyncIterator[Databases]:
    """PostgreSQL; `await postgres.database(name)` gives the address of an empty database."""
    server = PostgresServer(data_folder / "postgres", secrets.token_hex(16), data_folder / "pg.log", durable=False)
    await server.start()
    yield Databases(server)
    await server.stop()


@pytest.fixture(scope="session")
async def issuer() -> AsyncIterator[Issuer]:
    """Signs the tests' tokens."""
    async with Issuer().serving() as serving:
        yield serving


@pytest.fixture(scope="session")
def installation() -> dict[str, str]:
    """Secrets and names of the tests' installation."""
    names = ("ID_SECRET", "PSEUDONYM_SECRET", "ADDRESS_SECRET", "LINK_SECRET")
    return {
        **{name: secrets.token_hex(32) for name in names},
        "TWILIO_ACCOUNT_SID": f"AC{secrets.token_hex(16)}",
        "TWILIO_AUTH_TOKEN": secrets.token_hex(16),
    }


@pytest.fixture(scope="module")
async def world(
    kafka_server: KafkaServer,
    postgres: Databases,
    issuer: Issuer,
    installation: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[World]:
    """This module's own topics and databases around the services."""
    world = World(kafka_server, postgres, issuer, installation, tmp_path_factory.mktemp("state"))
    await world.start()
    yield world
    await world.stop()


@pytest.fixture
async def own_world(
    kafka_server: KafkaServer, postgres: Databases, issuer: Issuer, installation: dict[str, str], tmp_path: Path
) -> AsyncIterator[World]:
    """A world for one test alone, where what other tests left behind would matter."""
    world = World(kafka_server, postgres, issuer, installation, tmp_path)
    await world.start()
    yield world
    await world.stop()
