"""Which runs of chaos need not be done again."""

import subprocess
from pathlib import Path

from muster_chaos.run_request import code


def git(root: Path, *words: str) -> None:
    subprocess.run(["git", "-C", str(root), "-c", "user.name=a", "-c", "user.email=a@x.example", *words], check=True)


def committed(root: Path, **files: str) -> str:
    for name, text in files.items():
        (root / name / "file").write_text(text)
    git(root, "add", ".")
    git(root, "commit", "-qm", "more")
    return code(root)


def test_a_run_is_another_once_something_that_runs_is(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    for name in ("libs", "services", "deploy", "docs"):
        (tmp_path / name).mkdir()
    (tmp_path / "requirements.lock").write_text("one==1\n")
    first = committed(tmp_path, libs="a", services="a", deploy="a", docs="a")
    assert len(first) == 12
    assert committed(tmp_path, docs="b") == first
    assert committed(tmp_path, libs="b") != first
    assert committed(tmp_path, libs="a") == first
    (tmp_path / "services" / "file").write_text("changed, and not committed")
    assert code(tmp_path) != first


def test_outside_of_a_repository_nothing_can_be_said(tmp_path: Path) -> None:
    assert code(tmp_path) == ""
