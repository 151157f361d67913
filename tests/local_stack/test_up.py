"""`make up`: it says where everything is, and however it ends, nothing is left running."""

import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from local_stack.processes import Child, Command, run, tail

from tests.support.facts import eventually

_REPOSITORY = Path(__file__).parent.parent.parent
_PYTHON = Path(sys.executable)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("up") / "stack"


@asynccontextmanager
async def _up(root: Path, log: Path) -> AsyncIterator[tuple[Child, list[int]]]:
    """The supervisor and the processes that it has started."""
    argv = (str(_PYTHON), "-m", "local_stack", "up", "--root", str(root), "--no-usual-ports")
    child = await Child.start(Command("up", argv, log, dict(os.environ), directory=_REPOSITORY))
    try:
        await eventually(lambda: "Muster is up" in log.read_text() or not child.running, within=600)
        assert child.running, tail(log)
        yield child, _children(child.pid)
    finally:
        await child.stop()


def _children(pid: int) -> list[int]:
    stats = {int(path.parent.name): _stat(path) for path in Path("/proc").glob("[0-9]*/stat")}
    return [number for number, stat in stats.items() if stat[1:2] == [str(pid)]]


def _stat(path: Path) -> list[str]:
    """State and parent of a process; empty when it has just gone."""
    try:
        return path.read_text().rpartition(")")[2].split()[:2]
    except (FileNotFoundError, ProcessLookupError):
        return []


def _alive(pids: list[int]) -> list[int]:
    return [pid for pid in pids if _stat(Path(f"/proc/{pid}/stat"))[:1] not in ([], ["Z"])]


async def test_it_gives_out_a_token_that_works_and_ctrl_c_stops_all_of_it(root: Path, tmp_path: Path) -> None:
    async with _up(root, tmp_path / "log") as (supervisor, children):
        argv = (str(_PYTHON), "-m", "local_stack", "token", "--root", str(root))
        await run(Command("token", argv, tmp_path / "token", dict(os.environ)))
        token = (tmp_path / "token").read_text().strip()
        members = json.loads((root / "addresses.json").read_text())["members"]
        async with httpx.AsyncClient(headers={"Authorization": f"Bearer {token}"}, timeout=30) as client:
            assert (await client.get(f"{members}/bodies")).json() == {"bodies": [], "next": None}
        assert len(children) == 10, "seven services, the segmenter's worker, Kafka and PostgreSQL"
        supervisor.send(signal.SIGINT)
        assert await supervisor.wait() == 0
        assert not _alive(children)
        assert not (root / "addresses.json").exists()
        secret = json.loads((root / "secrets.json").read_text())
        said = (tmp_path / "log").read_text()
        assert not [name for name, value in secret.items() if value in said]


async def test_on_its_own_data_it_starts_again_and_even_a_kill_leaves_nothing_behind(
    root: Path, tmp_path: Path
) -> None:
    async with _up(root, tmp_path / "log") as (supervisor, children):
        assert len(children) == 10
        supervisor.send(signal.SIGKILL)
        await supervisor.wait()
        await eventually(lambda: not _alive(children), within=180)
