"""All applications, built and not started; and their routes."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID

from chassis.app import Application
from chassis.http.auth import Needs
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts

from tests.architecture.rooms import SERVICES

ACCOUNT, AUTH_TOKEN = "AC" + "0" * 32, secrets.token_hex(16)
_NOWHERE = "postgresql+asyncpg://nobody:nothing@127.0.0.1:1/nothing"
_OWN: dict[str, dict[str, Any]] = {
    "sandbox": {"sandbox_trial": True},
    "dispatch_email": {"mail_domain": "union.example", "smtp_host": "127.0.0.1"},
}


@dataclass(frozen=True)
class Route:
    """One method on one path of a service, with the scopes it asks for."""

    service: str
    method: str
    path: str
    scopes: tuple[str, ...]
    public: str | None
    """Why it needs no bearer token, if it is marked so."""

    def __str__(self) -> str:
        return f"{self.service} {self.method} {self.path}"

    @property
    def url(self) -> str:
        """With something in every place of the path."""
        filled = self.path
        for place, value in (("answer_id", "1"), ("number", "1"), ("token", "x"), ("reference", "x"), ("sid", "SM0")):
            filled = filled.replace(f"{{{place}}}", value)
        while "{" in filled:
            before, _, rest = filled.partition("{")
            filled = before + str(UUID(int=7)) + rest.partition("}")[2]
        return filled


def build(service: str, folder: Path, **given: Any) -> Application:
    """A service as production builds it, with a database and a broker that are not there."""
    kind = import_module(f"{service}.settings").Settings
    values: dict[str, Any] = {
        "environment": "production",
        "database_url": _NOWHERE,
        "kafka_bootstrap_servers": "127.0.0.1:1",
        "state_dir": folder / service,
        "public_url": f"https://{service.replace('_', '-')}.example.org",
        "journal_dir": folder / "journal",
        "twilio_account_sid": ACCOUNT,
        "twilio_auth_token": AUTH_TOKEN,
        **{name: secrets.token_hex(32) for name in ("id_secret", "pseudonym_secret", "address_secret", "link_secret")},
        "token_key_secret": secrets.token_hex(32),
        **_OWN.get(service, {}),
        **given,
    }
    settings = kind(**{name: value for name, value in values.items() if name in kind.model_fields})
    built: Application = import_module(f"{service}.app").build(settings)
    return built


def build_all(folder: Path, **given: Any) -> dict[str, Application]:
    """All of them."""
    return {service: build(service, folder, **given) for service in SERVICES}


def routes_of(service: str, api: FastAPI) -> Iterator[Route]:
    """Every method of every route, those of included routers too."""
    for context in iter_route_contexts(api.routes):
        original = context.original_route
        scopes = tuple(sorted(_scopes(original.dependant))) if isinstance(original, APIRoute) else ()
        public = getattr(getattr(original, "endpoint", None), "__public__", None)
        for method in sorted((context.methods or {"ANY"}) - {"HEAD"}):
            yield Route(service, method, context.path or "", scopes, public)


def _scopes(dependant: Dependant) -> Iterator[str]:
    if isinstance(dependant.call, Needs):
        yield dependant.call.scope
    for inner in dependant.dependencies:
        yield from _scopes(inner)
