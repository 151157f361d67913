"""A plugin: a failed test shows what the processes around it said last. Their logs are gone when somebody reads it."""

import os
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from local_stack.processes import tail

_FOLDERS = pytest.StashKey[list[Path]]()
_DATA = {"data", "journal"}
"""Folders of files that are no logs of processes, though Kafka's are called so."""
_LINES = 10


@pytest.fixture(scope="session", autouse=True)
def folders_of_logs(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Where processes write their logs; whoever starts some elsewhere adds the folder."""
    return pytestconfig.stash.setdefault(_FOLDERS, [tmp_path_factory.getbasetemp()])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add to the report of a failure the end of each log that was written to since this phase of the test began."""
    report = yield
    if report.failed:
        for folder in item.config.stash.get(_FOLDERS, []):
            for log in _written(folder, call.start):
                report.sections.append((f"Last words of {log.relative_to(folder)}", tail(log, _LINES)))
    return report


def _written(folder: Path, since: float) -> Iterator[Path]:
    for inner, folders, files in os.walk(folder):
        folders[:] = sorted(set(folders) - _DATA)
        yield from (path for path in (Path(inner, name) for name in sorted(files)) if _is_fresh_log(path, since))


def _is_fresh_log(path: Path, since: float) -> bool:
    try:
        return path.suffix == ".log" and path.stat().st_mtime >= since
    except FileNotFoundError:
        return False
