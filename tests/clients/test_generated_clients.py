"""A client generated from each service's OpenAPI document passes the type checker of its language, as does its use."""

import os
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from tests.architecture.rooms import SERVICES
from tests.support.answers import described

ROOT = Path(__file__).parents[2]
GENERATORS = ROOT / ".venv" / "clients"
"""Made by `make test`; what is generated there runs offline."""
TYPESCRIPT = """
import type { operations } from "./dispatch_sms";

type Page = operations["list_held"]["responses"][200]["content"]["application/json"];
type Refusal = operations["release_held"]["responses"][409]["content"]["application/problem+json"];
export const ids = (page: Page): string[] => page.items.map((held) => held.delivery_id);
export const reason = (refusal: Refusal): string => `${refusal.status} ${refusal.detail}`;
"""
PYTHON = """
from uuid import UUID

from dispatch_sms_client import AuthenticatedClient
from dispatch_sms_client.api.deliveries import list_held, release_held
from dispatch_sms_client.models import Decision, HeldPage, Problem, Release, ReleasedDelivery


def ids(client: AuthenticatedClient) -> list[UUID]:
    page = list_held.sync(client=client, limit=10)
    return [held.delivery_id for held in page.items] if isinstance(page, HeldPage) else []


def refusal(client: AuthenticatedClient, delivery_id: UUID) -> str | None:
    answer = release_held.sync(delivery_id, client=client, body=Release(decision=Decision.RESEND))
    return answer.detail if isinstance(answer, Problem) else None
"""


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the document of every service."""
    folder = tmp_path_factory.mktemp("clients")
    for service in SERVICES:
        (folder / f"{service}.json").write_bytes(orjson.dumps(described(service).document))
    return folder


def run(folder: Path, *argv: str | Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PATH": f"{GENERATORS / 'bin'}:{os.environ['PATH']}", "REDOCLY_TELEMETRY": "off"}
    return subprocess.run([*map(str, argv)], cwd=folder, env=environment, capture_output=True, text=True, check=False)


def done(folder: Path, *argv: str | Path) -> None:
    ended = run(folder, *argv)
    assert ended.returncode == 0, f"{ended.stdout}{ended.stderr}"


UNTYPED = "members_client.api.events.post_events"
"""A body of several media types, one of them a list: what openapi-python-client 0.29 writes for it is no valid code.
Other systems post events with an SDK of CloudEvents, as tests/members/intake does."""


def test_typescript(documents: Path) -> None:
    binaries = GENERATORS / "node_modules" / ".bin"
    apis = {name: {"root": f"{name}.json", "x-openapi-ts": {"output": f"{name}.ts"}} for name in SERVICES}
    (documents / "redocly.yaml").write_bytes(orjson.dumps({"apis": apis}))  # JSON is YAML
    done(documents, binaries / "openapi-typescript")
    (documents / "usage.ts").write_text(TYPESCRIPT)
    check = (binaries / "tsc", "--noEmit", "--strict", "--target", "es2022")
    done(documents, *check, *(f"{name}.ts" for name in (*SERVICES, "usage")))
    (documents / "misuse.ts").write_text(TYPESCRIPT.replace("held.delivery_id", "held.delivery"))
    assert "Property 'delivery' does not exist" in run(documents, *check, "misuse.ts").stdout


def test_python(documents: Path) -> None:
    (documents / "config.yaml").write_text(
        "post_hooks: []\ncontent_type_overrides: {text/csv: application/octet-stream}\n"
    )
    for service in SERVICES:
        told = ("--path", f"{service}.json", "--output-path", f"{service}_client", "--config", "config.yaml")
        done(documents, "openapi-python-client", "generate", *told, "--meta", "none", "--fail-on-warning")
    (documents / "usage.py").write_text(PYTHON)
    (documents / "mypy.ini").write_text(
        f"[mypy]\npython_executable = {GENERATORS / 'bin' / 'python'}\n[mypy-{UNTYPED}]\nignore_errors = True\n"
    )
    mypy = (Path(sys.executable).with_name("mypy"), "--config-file", "mypy.ini", "--cache-dir", "mypy_cache")
    done(documents, *mypy, "usage.py", *(f"{service}_client" for service in SERVICES))
    (documents / "misuse.py").write_text(PYTHON.replace("held.delivery_id", "held.delivery"))
    assert 'has no attribute "delivery"' in run(documents, *mypy, "misuse.py").stdout
