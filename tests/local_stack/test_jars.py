"""Kafka's jars: fetched once, where they are asked for."""

import os
from pathlib import Path

import pytest
from local_stack.kafka import fetch_jars
from local_stack.processes import Failed

_MAVEN = """#!/bin/sh
echo run >> "$RUNS"
for word in "$@"; do
    case $word in
        -DoutputDirectory=/*) mkdir -p "${word#*=}" && touch "${word#*=}/kafka.jar" ;;
        -DoutputDirectory=*) echo "relative to the pom, not to us: $word"; exit 1 ;;
    esac
done
[ "$(wc -l < "$RUNS")" -gt "$FAILURES" ]
"""


@pytest.fixture
def maven(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Maven that notes its runs; the first FAILURES of them fail as a broken download does."""
    tool = tmp_path / "bin" / "mvn"
    tool.parent.mkdir()
    tool.write_text(_MAVEN)
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tool.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("FAILURES", "0")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "runs"


def _runs(maven: Path) -> int:
    return len(maven.read_text().splitlines())


async def test_a_relative_folder_is_ours_and_the_second_time_nothing_is_fetched(maven: Path) -> None:
    for _ in range(2):
        jars = await fetch_jars(Path("kafka"))
        assert (maven.parent / "kafka" / "jars" / "kafka.jar").exists()
        assert (Path.cwd() / jars) == maven.parent / "kafka" / "jars"
    assert _runs(maven) == 1


async def test_a_broken_download_is_tried_again(maven: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAILURES", "2")
    assert ((await fetch_jars(Path("kafka"))) / "kafka.jar").exists()
    assert _runs(maven) == 3


async def test_a_download_that_never_works_is_said_and_leaves_no_half(
    maven: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAILURES", "9")
    with pytest.raises(Failed, match="maven ended with 1"):
        await fetch_jars(Path("kafka"))
    assert not (maven.parent / "kafka" / "jars").exists()
