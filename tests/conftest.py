"""Real Kafka and real PostgreSQL, started once a run; topics and databases of its own for every test module."""

import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import hypothesis
import pytest
from local_stack.kafka import KafkaServer, fetch_jars

from tests.support.servers import JARS, Servers
from tests.support.tokens import Issuer
from tests.support.world import Databases, World

# A stall of the machine, which is no fault of what is tried, is no failure; what hangs is for the whole run's limit.
_UNHURRIED = [hypothesis.HealthCheck.too_slow]
hypothesis.settings.register_profile("muster", deadline=None, suppress_health_check=_UNHURRIED)
hypothesis.settings.load_profile("muster")
pytest_plugins = ("tests.support.parallel", "tests.support.last_words")


@pytest.fixture(scope="session")
async def servers(pytestconfig: pytest.Config, folders_of_logs: list[Path]) -> AsyncIterator[Servers]:
    """Kafka and PostgreSQL: those that all workers share, or one's own where there are no workers."""
    shared = getattr(pytestconfig, "workerinput", {}).get("servers")
    if shared:
        folders_of_logs.append(Path(shared))
        yield await Servers.found(Path(shared))
        return
    folder = Path(tempfile.mkdtemp(prefix="muster-tests-"))
    folders_of_logs.append(folder)
    servers = await Servers.started(folder)
    yield servers
    await servers.stop()
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def kafka_server(servers: Servers) -> KafkaServer:
    """Apache Kafka; `.bootstrap` is its address."""
    return servers.kafka


@pytest.fixture(scope="session")
def postgres(servers: Servers) -> Databases:
    """PostgreSQL; `await postgres.database(name)` gives the address of an empty database."""
    return Databases(servers.postgres, servers.folder)


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
    await world.delete()


@pytest.fixture
async def own_world(
    kafka_server: KafkaServer, postgres: Databases, issuer: Issuer, installation: dict[str, str], tmp_path: Path
) -> AsyncIterator[World]:
    """A world for one test alone, where what other tests left behind would matter."""
    world = World(kafka_server, postgres, issuer, installation, tmp_path)
    await world.start()
    yield world
    await world.delete()


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
