"""deploy/compose.yaml: well formed, complete, and with nothing in it that a service does not know."""

import importlib
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from contracts.topics import SERVICES

_DEPLOY = Path(__file__).parent.parent.parent / "deploy"
_ALL = (*SERVICES, "sandbox")


def _compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((_DEPLOY / "compose.yaml").read_text())
    return loaded


def test_it_follows_the_compose_specification() -> None:
    argv = (sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec")
    done = subprocess.run((*argv, str(_DEPLOY / "compose.yaml")), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", _ALL)
def test_every_service_is_built_from_the_one_dockerfile(name: str) -> None:
    service = _compose()["services"][name]
    assert service["build"] == {"context": "..", "dockerfile": "deploy/Dockerfile", "args": {"SERVICE": name}}
    assert service["image"] == f"muster/{name}"


@pytest.mark.parametrize("name", _ALL)
def test_a_service_is_told_only_what_it_reads(name: str) -> None:
    settings = importlib.import_module(f"{name.replace('-', '_')}.settings").Settings
    told = {variable.lower() for variable in _compose()["services"][name]["environment"]}
    assert told <= settings.model_fields.keys()


@pytest.mark.parametrize("name", _ALL)
def test_a_service_starts_with_what_it_is_told(name: str) -> None:
    settings = importlib.import_module(f"{name.replace('-', '_')}.settings").Settings
    told = _compose()["services"][name]["environment"]
    digits = "0123456789abcdef0123456789abcdef"
    given = {variable: re.sub(r"\$\{[^}]*\}", digits, value) for variable, value in told.items()}
    if "TWILIO_ACCOUNT_SID" in given:
        given["TWILIO_ACCOUNT_SID"] = f"AC{digits}"
    settings(_env_file=None, **{variable.lower(): value for variable, value in given.items()})


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_waits_for_its_topics_and_its_tables(name: str) -> None:
    compose = _compose()
    module = name.replace("-", "_")
    migration = compose["services"][f"{name}-migration"]
    assert migration["command"] == ["python", "-m", "chassis.migrate", module, "upgrade"]
    assert migration["environment"]["DATABASE_URL"].endswith(f"/{module}")
    assert f"CREATE DATABASE {module};" in compose["configs"]["databases"]["content"]
    waits = compose["services"][name]["depends_on"]
    assert {waits[part]["condition"] for part in ("topics", f"{name}-migration")} == {"service_completed_successfully"}


def test_every_variable_that_it_needs_is_in_the_example() -> None:
    needed = set(re.findall(r"\$\{([A-Z_]+)", (_DEPLOY / "compose.yaml").read_text()))
    given = re.findall(r"^([A-Z_]+)=(.*)$", (_DEPLOY / "compose.env.example").read_text(), re.MULTILINE)
    assert {name for name, _ in given} == needed
    assert not any(value for _, value in given), "an example with values is a default that somebody keeps"


def test_ports_are_bound_to_this_machine_only() -> None:
    published = [port for service in _compose()["services"].values() for port in service.get("ports", ())]
    assert len(published) == len(_ALL)
    assert all(port.startswith("127.0.0.1:") for port in published)
