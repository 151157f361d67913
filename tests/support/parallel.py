"""A plugin: a run of many files is shared out by file to workers, around one Kafka and one PostgreSQL for all."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

_FILES_A_WORKER = 8
"""Fewer are not worth the start of another one, which imports everything."""
_WORKERS_A_CORE = 3
"""Most tests wait most of the time."""
_MOST_WORKERS = 12
"""They share one broker and one database."""
_STACK_OF_CHAOS = ("tests/chaos/test_crash_matrix", "tests/chaos/test_late_accept.py", "tests/chaos/test_set_back.py")
_TOGETHER = {"tests/e2e/": ("tests/e2e/",), "tests/chaos/": _STACK_OF_CHAOS}
"""Files that share one costly stack stay on one worker."""
_FIRST = ("tests/e2e/", *_STACK_OF_CHAOS, "tests/chaos/test_run.py")
"""The longest: a long file that starts late ends alone. Only so many, since each starts a stack of its own."""
_STOPPED_SECONDS = 150
"""PostgreSQL may write its last checkpoint for two minutes on a slow disk."""
_SERVERS = pytest.StashKey[tuple[Path, "subprocess.Popen[bytes]"]]()


class ByFile(LoadScopeScheduling):
    """Each file to one worker, and so each group of `_TOGETHER`."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return next((name for name, starts in _TOGETHER.items() if file.startswith(starts)), file)


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """None for a few files, for the long tests, or where somebody wants to see output at once; else some a core."""
    if config.getoption("capture") == "no" or config.getoption("markexpr") == "long":
        return 0
    wanted = min(_files(config.args) // _FILES_A_WORKER, _WORKERS_A_CORE * (os.cpu_count() or 1), _MOST_WORKERS)
    return wanted if wanted > 1 else 0


def _files(arguments: Iterable[str]) -> int:
    paths = {Path(argument.partition("::")[0]) for argument in arguments}
    return sum(len(list(path.rglob("test_*.py"))) if path.is_dir() else 1 for path in paths)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """By file, in the order of collection."""
    config.option.loadscopereorder = False
    return ByFile(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first, otherwise as they were found."""
    items.sort(key=lambda item: not item.nodeid.startswith(_FIRST))


def pytest_xdist_setupnodes(config: pytest.Config) -> None:
    """Start the servers while the workers collect."""
    folder = Path(tempfile.mkdtemp(prefix="muster-tests-"))
    argv = (sys.executable, "-m", "tests.support.servers", str(folder))
    with (folder / "servers.log").open("wb") as log:
        process = subprocess.Popen(argv, cwd=config.rootpath, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    config.stash[_SERVERS] = folder, process


def pytest_configure_node(node: WorkerController) -> None:
    """Tell a worker where the servers' addresses will be."""
    node.workerinput["servers"] = str(node.config.stash[_SERVERS][0])


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the servers."""
    if _SERVERS in config.stash:
        folder, process = config.stash[_SERVERS]
        process.terminate()
        try:
            process.wait(_STOPPED_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()  # theirs end with it
            process.wait()
        shutil.rmtree(folder, ignore_errors=True)
