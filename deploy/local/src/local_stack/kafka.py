"""A real Apache Kafka in KRaft mode: its published jars, one node, run by Java."""

import asyncio
import base64
import shutil
import signal
import uuid
from collections.abc import Sequence
from importlib.resources import as_file, files
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from chassis.kafka import topics as topics_of_ours
from contracts.topics import ALL, Topic
from local_stack.ports import HOST, answers, free_port
from local_stack.processes import Child, Command, Failed, run, tail

_MAVEN_PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
_DOWNLOADS = 3
_PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller}
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller}
advertised.listeners=PLAINTEXT://{host}:{port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs={data}
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=6
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=6
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=500
log.cleaner.dedupe.buffer.size=16777216
log.cleaner.backoff.ms=5000
log.retention.check.interval.ms=5000
log.segment.delete.delay.ms=1000
"""


async def fetch_jars(root: Path) -> Path:
    """Kafka's jars under `root`/jars, resolved by Maven once. Raises Failed after three tries."""
    jars, wanted = root / "jars", files("local_stack") / "pom.xml"
    if (jars / "pom.xml").exists() and (jars / "pom.xml").read_bytes() == wanted.read_bytes():
        return jars
    fresh = root / "jars.part"
    for attempt in range(1, _DOWNLOADS + 1):
        shutil.rmtree(fresh, ignore_errors=True)
        try:
            with as_file(wanted) as pom:
                await _resolve(pom, fresh, root / "maven.log")
        except Failed:
            if attempt == _DOWNLOADS:
                raise
            continue
        break
    shutil.rmtree(jars, ignore_errors=True)
    (fresh / "pom.xml").write_bytes(wanted.read_bytes())
    fresh.rename(jars)
    return jars


async def _resolve(pom: Path, target: Path, log: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise Failed("Maven is missing: install it (Debian: apt install maven)")
    await run(Command("maven", (maven, *_arguments(pom, target)), log))


def _arguments(pom: Path, target: Path) -> tuple[str, ...]:
    """The target is given in full: Maven would take a relative one from beside the pom."""
    where = f"-DoutputDirectory={target.absolute()}"
    return ("-q", "-B", "-f", str(pom), _MAVEN_PLUGIN, where, "-DincludeScope=runtime")


class KafkaServer:
    """One broker with its data under `root`."""

    def __init__(self, root: Path, jars: Path, log: Path) -> None:
        self._root, self._jars, self._log = root.absolute(), jars.absolute(), log
        self._child: Child | None = None
        self._ports: tuple[int, int] | None = None
        self.bootstrap = ""

    async def start(self, timeout_seconds: float = 180.0) -> None:
        """Format once, start, and return when it answers. A later start takes the same ports: clients have them."""
        java = shutil.which("java")
        if java is None:
            raise Failed("Java 17 or newer is missing: install it (Debian: apt install openjdk-17-jre-headless)")
        self._ports = self._ports or (free_port(), free_port())
        port, controller = self._ports
        self.bootstrap = f"{HOST}:{port}"
        properties = self._write_properties(port, controller)
        if not (self._root / "data" / "meta.properties").exists():
            await run(self._java(java, "kafka.tools.StorageTool", "format", "-t", _cluster_id(), "-c", str(properties)))
        self._child = await Child.start(self._java(java, "kafka.Kafka", str(properties)))
        async with asyncio.timeout(timeout_seconds):
            await self._ready(port)

    def _write_properties(self, port: int, controller: int) -> Path:
        self._root.mkdir(parents=True, exist_ok=True)
        properties = self._root / "server.properties"
        values = {"host": HOST, "port": port, "controller": controller, "data": self._root / "data"}
        properties.write_text(_PROPERTIES.format_map(values))
        return properties

    def _java(self, java: str, main: str, *arguments: str) -> Command:
        options = ("-Xmx512m", "-XX:TieredStopAtLevel=1", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn")
        argv = (java, *options, "-cp", f"{self._jars}/*", main, *arguments)
        return Command("kafka", argv, self._log, directory=self._root)

    async def _ready(self, port: int) -> None:
        while not (await answers(port) and await self._has_controller()):
            if self._child is None or not self._child.running:
                raise Failed(f"Kafka ended at its start; see {self._log}:\n{tail(self._log)}")
            await asyncio.sleep(0.1)

    async def _has_controller(self) -> bool:
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap, request_timeout_ms=2000)
        try:
            await admin.start()
            cluster = await admin.describe_cluster()
        except KafkaError:
            return False
        finally:
            await admin.close()
        return int(cluster["controller_id"]) >= 0 and bool(cluster["brokers"])

    async def create_topics(self, prefix: str = "", topics: Sequence[Topic] = ALL) -> None:
        """Create what is missing, as `contracts.topics` says; replication is one here."""
        await topics_of_ours.create({"bootstrap_servers": self.bootstrap}, prefix=prefix, topics=topics)

    async def delete_topics(self, prefix: str) -> None:
        """Delete every topic whose name starts with the prefix."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        await admin.start()
        try:
            names = [name for name in await admin.list_topics() if name.startswith(prefix)]
            if prefix and names:
                await admin.delete_topics(names)
        finally:
            await admin.close()

    @property
    def child(self) -> Child:
        """Its process. Raises Failed before the first start."""
        if self._child is None:
            raise Failed("Kafka was not started")
        return self._child

    async def kill(self) -> None:
        """End it as kill -9 does, and return when it has ended."""
        if self._child is not None:
            self._child.send(signal.SIGKILL)
            await self._child.wait()

    def wipe(self) -> None:
        """Remove the data of a broker that does not run; the next start is an empty broker at the same address."""
        shutil.rmtree(self._root / "data")

    async def stop(self) -> None:
        """Stop in order."""
        if self._child is not None:
            await self._child.stop(30)


def _cluster_id() -> str:
    """22 characters of Kafka's own kind; the first is a letter, since a leading hyphen would read as an option."""
    return "m" + base64.urlsafe_b64encode(uuid.uuid4().bytes).decode()[1:22]
