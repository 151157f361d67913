"""Every route of every service needs a scope, but for a closed list of public ones."""

import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import httpx
import pytest
from chassis.app import Application
from chassis.http.auth import Caller, needs, public
from fastapi import APIRouter, Depends, FastAPI

from tests.architecture.services import ACCOUNT, AUTH_TOKEN, Route, build_all, routes_of
from tests.support.answers import http_client
from tests.support.tokens import ALL_SCOPES, Issuer

BEARERS = ("access", "members", "segmenter", "dispatch_sms", "dispatch_email", "ballot")
HEALTH = {("GET", "/healthz"), ("GET", "/readyz")}
PUBLIC: dict[str, dict[tuple[str, str], str]] = {
    "access": {
        ("POST", "/oauth/token"): "token endpoint: the client's own secret",
        ("GET", "/.well-known/jwks.json"): "key set",
    },
    "members": {},
    "segmenter": {},
    "dispatch_sms": {
        ("POST", "/sending/union-stops"): "the segmenter's signature over the order",
        ("POST", "/webhooks/twilio/status"): "webhook with a valid signature",
        ("POST", "/webhooks/twilio/inbound"): "webhook with a valid signature",
    },
    "dispatch_email": {
        ("POST", "/sending/union-stops"): "the segmenter's signature over the order",
        ("GET", "/unsubscribe/{token}"): "member link: shows",
        ("POST", "/unsubscribe/{token}"): "member link: acts",
    },
    "ballot": {
        ("GET", "/answer/{token}"): "member link: shows",
        ("POST", "/answer/{token}"): "member link: acts",
    },
}
"""The closed list, beside health. A route that is to be here needs a reason that a reviewer accepts."""


@pytest.fixture(scope="module")
def applications(issuer: Issuer, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Application]:
    """All services, built as in production; nothing is started."""
    return build_all(tmp_path_factory.mktemp("services"), jwks_url=issuer.jwks_url)


@pytest.fixture(scope="module")
def routes(applications: dict[str, Application]) -> list[Route]:
    """Every route of them."""
    return [route for service, one in applications.items() for route in routes_of(service, one.api)]


@pytest.fixture(scope="module")
async def clients(applications: dict[str, Application]) -> AsyncIterator[dict[str, httpx.AsyncClient]]:
    """A client for each application, without credentials."""
    clients = {
        service: http_client(
            service,
            "https://muster.example.org",
            transport=httpx.ASGITransport(one.api, raise_app_exceptions=False),
        )
        for service, one in applications.items()
    }
    yield clients
    for client in clients.values():
        await client.aclose()


def unguarded(route: Route) -> str | None:
    """What is wrong with how a route is guarded; None when nothing is."""
    key = (route.method, route.path)
    listed = key in HEALTH or key in PUBLIC.get(route.service, {})
    if route.scopes and listed:
        return f"{route} is on the list of public routes, and asks for {', '.join(route.scopes)}"
    if not route.scopes and not listed:
        return f"{route} asks for no scope, and is not on the closed list of public routes"
    if listed and not route.public:
        return f"{route} is public without saying why: mark it with chassis.auth.public"
    unknown = set(route.scopes) - set(ALL_SCOPES.split())
    return f"{route} asks for an unknown scope: {', '.join(unknown)}" if unknown else None


def test_every_route_needs_a_scope_or_is_on_the_closed_list(routes: list[Route]) -> None:
    faults = [fault for route in routes if route.service in BEARERS and (fault := unguarded(route))]
    assert not faults, "\n".join(["", *faults])
    assert {route.service for route in routes if route.scopes} == set(BEARERS)


def test_the_closed_list_names_only_routes_that_are_there(routes: list[Route]) -> None:
    there = {(route.service, route.method, route.path) for route in routes}
    assert {(service, *key) for service, keys in PUBLIC.items() for key in keys} <= there


def guarded(routes: list[Route]) -> list[Route]:
    return [route for route in routes if route.scopes]


async def _refusals(
    clients: dict[str, httpx.AsyncClient], routes: list[Route], status: int, token: str | None
) -> list[str]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    wrong = []
    for route in routes:
        answer = await clients[route.service].request(route.method, route.url, headers=headers)
        if answer.status_code != status or answer.headers["content-type"] != "application/problem+json":
            wrong.append(f"{route}: {answer.status_code} {answer.text[:100]}")
    return wrong


async def test_without_a_token_nobody_gets_in(clients: dict[str, httpx.AsyncClient], routes: list[Route]) -> None:
    assert await _refusals(clients, guarded(routes), 401, None) == []


async def test_without_the_scope_nobody_gets_in(
    clients: dict[str, httpx.AsyncClient], routes: list[Route], issuer: Issuer
) -> None:
    wrong = []
    for scope in sorted({scope for route in routes for scope in route.scopes}):
        others = " ".join(other for other in ALL_SCOPES.split() if other != scope)
        wrong += await _refusals(
            clients, [route for route in routes if scope in route.scopes], 403, issuer.token(others)
        )
    assert wrong == []


async def test_a_token_that_is_not_ours_or_no_longer_valid_opens_nothing(
    clients: dict[str, httpx.AsyncClient], routes: list[Route], issuer: Issuer
) -> None:
    past = int((datetime.now(UTC) - timedelta(hours=1)).timestamp())
    bad = [
        issuer.token(exp=past),
        issuer.token(aud="another"),
        issuer.token(iss="another"),
        Issuer().token(),
        issuer.token()[:-4] + "AAAA",
        "nonsense",
    ]
    for token in bad:
        assert await _refusals(clients, guarded(routes)[::7], 401, token) == []


async def test_an_unsigned_webhook_is_refused(clients: dict[str, httpx.AsyncClient]) -> None:
    for path in ("/webhooks/twilio/status", "/webhooks/twilio/inbound"):
        for headers in ({}, {"X-Twilio-Signature": secrets.token_urlsafe(20)}):
            answer = await clients["dispatch_sms"].post(path, data={"MessageSid": "SM0"}, headers=headers)
            assert answer.status_code == 403, answer.text


async def test_a_member_link_that_is_not_signed_opens_nothing(clients: dict[str, httpx.AsyncClient]) -> None:
    for service, path in (("ballot", "/answer/x"), ("dispatch_email", "/unsubscribe/x")):
        for method, data in (("GET", None), ("POST", {"option": "1", "List-Unsubscribe": "One-Click"})):
            answer = await clients[service].request(method, path, data=data)
            assert answer.status_code == 403, f"{method} {path}: {answer.status_code}"


async def test_nothing_of_the_sandbox_opens_without_the_accounts_token(
    clients: dict[str, httpx.AsyncClient], routes: list[Route]
) -> None:
    own = [route for route in routes if route.service == "sandbox" and (route.method, route.path) not in HEALTH]
    assert own
    for route in own:
        assert route.public, f"{route} does not say what guards it"
        for auth in (None, (ACCOUNT, "wrong"), ("AC" + "1" * 32, AUTH_TOKEN)):
            answer = await clients["sandbox"].request(route.method, route.url, auth=auth)
            assert answer.status_code == 401, f"{route} with {auth}: {answer.status_code}"


def test_the_pages_of_the_api_are_shown_in_development_only(
    applications: dict[str, Application], tmp_path: Path
) -> None:
    for service, one in applications.items():
        paths = {route.path for route in routes_of(service, one.api)}
        assert not paths & {"/docs", "/redoc", "/openapi.json", "/docs/oauth2-redirect"}
    development = build_all(tmp_path, environment="development")["ballot"]
    assert "/openapi.json" in {route.path for route in routes_of("ballot", development.api)}


def test_the_walk_sees_an_unguarded_route_and_a_wrong_mark() -> None:
    router = APIRouter(prefix="/deep")

    @router.get("/open")
    async def opened() -> None:
        """Asks for nothing."""

    @router.post("/marked")
    @public("because")
    async def marked() -> None:
        """Marked, but not on the list."""

    @router.get("/misspelt")
    async def misspelt(_: Annotated[Caller, Depends(needs("polls:raed"))]) -> None:
        """Asks for a scope that nobody has."""

    outer, api = APIRouter(), FastAPI(openapi_url=None)
    outer.include_router(router)
    api.include_router(outer)
    found = {route.path: unguarded(route) for route in routes_of("ballot", api)}
    assert found == {
        "/deep/open": "ballot GET /deep/open asks for no scope, and is not on the closed list of public routes",
        "/deep/marked": "ballot POST /deep/marked asks for no scope, and is not on the closed list of public routes",
        "/deep/misspelt": "ballot GET /deep/misspelt asks for an unknown scope: polls:raed",
    }
