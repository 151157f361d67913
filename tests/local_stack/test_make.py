"""What a newcomer types."""

import os
import shutil
import subprocess
from pathlib import Path

_ROOT = Path(__file__).parent.parent.parent


def _run(*argv: str, **environment: str) -> subprocess.CompletedProcess[str]:
    found = {**os.environ, **environment}
    return subprocess.run(argv, cwd=_ROOT, env=found, capture_output=True, text=True, check=False)


def test_help_lists_every_target_that_has_a_description() -> None:
    listed = _run("make", "help").stdout
    setting_up = ("help", "setup", "lock", "clean")
    running = ("demo", "chaos", "chaos-mutants", "up", "token")
    for target in (*setting_up, *running, "test", "lint", "format", "schemas"):
        assert f"make {target} " in listed


def test_the_requirements_are_pinned_with_hashes_and_name_no_index() -> None:
    lines = (_ROOT / "requirements.lock").read_text().splitlines()
    pinned = [line for line in lines if not line.startswith(" ")]
    assert len(pinned) > 50
    assert all("==" in line and line.endswith("\\") for line in pinned)
    assert all(line.strip().startswith("--hash=sha256:") for line in lines if line.startswith(" "))


def test_a_missing_tool_stops_with_what_to_install(tmp_path: Path) -> None:
    for tool in ("sh", "sed", "head"):
        (tmp_path / tool).symlink_to(shutil.which(tool) or "")
    done = _run("deploy/local/prerequisites.sh", PATH=str(tmp_path))
    assert done.returncode == 1
    for missing in ("Python 3.11", "Java 17", "Maven"):
        assert f"missing: {missing}" in done.stderr
    assert done.stderr.count("apt install") == 3


def test_an_old_java_is_not_taken_for_a_new_one(tmp_path: Path) -> None:
    java = tmp_path / "java"
    java.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\" 2019-01-15' >&2\n")
    java.chmod(0o755)
    done = _run("deploy/local/prerequisites.sh", PATH=f"{tmp_path}:{os.environ['PATH']}")
    assert (done.returncode, "missing: Java 17" in done.stderr) == (1, True)


def test_with_everything_there_the_python_to_use_is_named() -> None:
    done = _run("deploy/local/prerequisites.sh")
    assert (done.returncode, done.stdout.strip().startswith("python")) == (0, True)
