"""deploy/compose.yaml: well formed, complete, and with nothing in it that a service does not know."""

import importlib
import re
import subprocess
import sys

import pytest
from contracts.topics import SERVICES

from tests.deploy.composed import ALL, DEPLOY, compose, environment


def test_it_follows_the_compose_specification() -> None:
    argv = (sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec")
    done = subprocess.run((*argv, str(DEPLOY / "compose.yaml")), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", ALL)
def test_every_service_is_built_from_the_one_dockerfile(name: str) -> None:
    service = compose()["services"][name]
    assert service["build"] == {"context": "..", "dockerfile": "deploy/Dockerfile", "args": {"SERVICE": name}}
    assert service["image"] == f"muster/{name}"


@pytest.mark.parametrize("name", ALL)
def test_a_service_is_told_only_what_it_reads(name: str) -> None:
    settings = importlib.import_module(f"{name.replace('-', '_')}.settings").Settings
    told = {variable.lower() for variable in compose()["services"][name]["environment"]}
    assert told <= settings.model_fields.keys()


@pytest.mark.parametrize("name", ALL)
def test_a_service_starts_with_what_it_is_told(name: str) -> None:
    settings = importlib.import_module(f"{name.replace('-', '_')}.settings").Settings
    settings(_env_file=None, **{variable.lower(): value for variable, value in environment(name).items()})


@pytest.mark.parametrize("name", ALL)
def test_what_a_service_keeps_outlives_its_container(name: str) -> None:
    """The image keeps state and journal below its home; a key set kept there lets a service start before access."""
    image = (DEPLOY / "Dockerfile").read_text()
    assert "STATE_DIR=/var/lib/muster/state" in image
    whole = compose()
    (volume,) = whole["services"][name]["volumes"]
    assert volume.partition(":")[2] == "/var/lib/muster"
    users = [one for one, service in whole["services"].items() if volume in service.get("volumes", ())]
    assert users == [name], "two services on one volume would share their key sets"
    assert volume.partition(":")[0] in whole["volumes"]


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_waits_for_its_topics_and_its_tables(name: str) -> None:
    whole = compose()
    module = name.replace("-", "_")
    migration = whole["services"][f"{name}-migration"]
    assert migration["command"] == ["python", "-m", "chassis.db.migrations", module, "upgrade"]
    assert migration["environment"]["DATABASE_URL"].endswith(f"/{module}")
    assert f"CREATE DATABASE {module};" in whole["configs"]["databases"]["content"]
    waits = whole["services"][name]["depends_on"]
    assert {waits[part]["condition"] for part in ("topics", f"{name}-migration")} == {"service_completed_successfully"}


def test_every_variable_that_it_needs_is_in_the_example() -> None:
    needed = set(re.findall(r"\$\{([A-Z_]+)", (DEPLOY / "compose.yaml").read_text()))
    given = re.findall(r"^([A-Z_]+)=(.*)$", (DEPLOY / "compose.env.example").read_text(), re.MULTILINE)
    assert {name for name, _ in given} == needed
    assert not any(value for _, value in given), "an example with values is a default that somebody keeps"


def test_ports_are_bound_to_this_machine_only() -> None:
    published = [port for service in compose()["services"].values() for port in service.get("ports", ())]
    assert len(published) == len(ALL)
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_the_segmenters_worker_runs_beside_it_on_the_same_database() -> None:
    whole = compose()["services"]
    worker = whole["segmenter-worker"]
    assert (worker["image"], worker["command"]) == ("muster/segmenter", ["python", "-m", "segmenter", "worker"])
    assert worker["environment"].items() <= whole["segmenter"]["environment"].items()
    assert worker["depends_on"] == whole["segmenter"]["depends_on"]
