"""Tokens: EdDSA tokens for client credentials; keys rotate with an overlap; the first client is made offline."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import jwt
import pytest
from access.app import build
from access.cli import cli
from access.service.clients import Clients
from access.service.signing_keys import SigningKeys
from access.settings import Settings
from chassis.clock import Clock
from local_stack.ports import free_port
from members.app import build as build_members
from members.settings import Settings as MembersSettings
from pydantic import ValidationError
from sqlalchemy import text
from typer.testing import CliRunner, Result

from tests.access.service import KEY_SECRET, Running
from tests.support.answers import http_client
from tests.support.facts import eventually
from tests.support.paging import pages
from tests.support.world import World


@pytest.fixture(scope="module")
async def issuing(world: World) -> AsyncIterator[Running]:
    """access verifying its own tokens by its own key set, as in a deployment."""
    port = free_port()
    settings = world.settings(
        Settings,
        token_key_secret=KEY_SECRET,
        token_tries_a_minute=1000,
        port=port,
        jwks_url=f"http://127.0.0.1:{port}/.well-known/jwks.json",
    )
    clock = Clock()
    application = build(settings, clock)
    async with application.serving() as url, http_client("access", url) as http:
        yield Running(http, application, clock, settings)


@pytest.fixture(scope="module")
async def members(world: World, issuing: Running) -> AsyncIterator[httpx.AsyncClient]:
    """members, with a clock that goes with that of access, verifying tokens by the key set of access."""
    settings = world.settings(MembersSettings, jwks_url=issuing.settings.jwks_url)
    async with build_members(settings, issuing.clock).serving() as url, http_client("members", url) as http:
        yield http


def environment(settings: Settings) -> dict[str, str]:
    secrets = ("id_secret", "pseudonym_secret", "address_secret", "link_secret", "token_key_secret")
    given = {name.upper(): getattr(settings, name).get_secret_value() for name in secrets}
    return {"DATABASE_URL": settings.database_url, **given}


def run(settings: Settings, *arguments: str, **more: str) -> Result:
    """An offline command in this process; only where no loop is running."""
    return CliRunner().invoke(cli, arguments, env=environment(settings) | more)


async def client_of(issuing: Running, name: str, scopes: str, branch: str | None = None) -> dict[str, Any]:
    clients: Clients = issuing.application.api.state.given[Clients]
    made, secret = await clients.create(name, scopes.split(), branch, replace=True)
    return {"client_id": made.client_id, "client_secret": secret}


async def ask(issuing: Running, client: dict[str, Any], **form: str) -> httpx.Response:
    auth = (client["client_id"], client["client_secret"])
    return await issuing.http.post("/oauth/token", data={"grant_type": "client_credentials"} | form, auth=auth)


def bearer(answer: httpx.Response) -> dict[str, str]:
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


async def test_the_first_client_is_made_offline_and_its_token_opens_what_it_may(
    issuing: Running, members: httpx.AsyncClient
) -> None:
    scopes = "members:read bodies:write"
    done = await asyncio.to_thread(
        subprocess.run,
        (
            sys.executable,
            "-m",
            "access",
            "client",
            "create",
            "--id",
            "organiser",
            "--scopes",
            scopes,
        ),
        env=environment(issuing.settings) | {"PATH": os.environ["PATH"]},
        capture_output=True,
        check=True,
    )
    organiser = json.loads(done.stdout)
    answer = await ask(issuing, organiser)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert {name: answer.json()[name] for name in ("token_type", "expires_in", "scope")} == {
        "token_type": "Bearer",
        "expires_in": 3600,
        "scope": "bodies:write members:read",
    }
    assert (await members.get("/members", headers=bearer(answer))).status_code == 200
    assert (await members.post("/members", json={}, headers=bearer(answer))).status_code == 403
    less = await ask(issuing, organiser, scope="bodies:write")
    assert (await members.get("/members", headers=bearer(less))).status_code == 403


async def test_the_secret_may_travel_in_the_form_but_not_in_two_ways(issuing: Running) -> None:
    made = await client_of(issuing, "by-form", "members:read")
    form = {"client_id": made["client_id"], "client_secret": made["client_secret"]}
    alone = await issuing.http.post("/oauth/token", data=form | {"grant_type": "client_credentials"})
    assert alone.status_code == 200
    assert (await ask(issuing, made, **form)).json()["error"] == "invalid_request"


@pytest.mark.parametrize(
    ("form", "auth", "status", "error"),
    [
        ({"grant_type": "password"}, ("known", "x" * 40), 400, "unsupported_grant_type"),
        ({}, ("known", "x" * 40), 400, "invalid_request"),
        ({"scope": "members:read"}, ("known", "x" * 40), 400, "unsupported_grant_type"),
        ({"grant_type": "client_credentials"}, ("known", "x" * 40), 401, "invalid_client"),
        ({"grant_type": "client_credentials"}, ("nobody", "x" * 40), 401, "invalid_client"),
        ({"grant_type": "client_credentials"}, ("Bad\x00Name", "x"), 401, "invalid_client"),
        ({"grant_type": "client_credentials"}, None, 401, "invalid_client"),
        ({"grant_type": ["client_credentials", "client_credentials"]}, None, 400, "invalid_request"),
    ],
)
async def test_a_wrong_request_is_answered_as_rfc_6749_has_it(
    issuing: Running, form: dict[str, Any], auth: tuple[str, str] | None, status: int, error: str
) -> None:
    await client_of(issuing, "known", "members:read")
    answer = await issuing.http.post("/oauth/token", data=form, auth=auth or httpx.USE_CLIENT_DEFAULT)
    assert (answer.status_code, answer.json()["error"]) == (status, error)


async def test_a_scope_that_the_client_lacks_is_not_given(issuing: Running) -> None:
    made = await client_of(issuing, "narrow", "members:read")
    answer = await ask(issuing, made, scope="members:read members:erase")
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")


async def test_a_new_key_is_published_before_it_signs_and_the_old_one_until_its_last_token_has_expired(
    issuing: Running, members: httpx.AsyncClient
) -> None:
    made = await client_of(issuing, "rotator", "members:read")

    def kid(answer: httpx.Response) -> str:
        return str(jwt.get_unverified_header(answer.json()["access_token"])["kid"])

    async def published() -> set[str]:
        return {key["kid"] for key in (await issuing.http.get("/.well-known/jwks.json")).json()["keys"]}

    before = await ask(issuing, made)
    old = kid(before)
    keys: SigningKeys = issuing.application.api.state.given[SigningKeys]
    new = await keys.rotate()
    assert await published() == {old, new}
    assert kid(await ask(issuing, made)) == old
    issuing.clock.advance(timedelta(minutes=11))
    assert kid(await ask(issuing, made)) == new
    assert (await members.get("/members", headers=bearer(before))).status_code == 200
    issuing.clock.advance(timedelta(hours=2))
    assert await published() == {new}
    assert (await members.get("/members", headers=bearer(before))).status_code == 401
    after = bearer(await ask(issuing, made))

    async def accepted() -> int:
        return (await members.get("/members", headers=after)).status_code

    await eventually(accepted, until=lambda seen: seen == 200)  # a key set is asked for once in five seconds


async def test_the_key_set_holds_no_private_half_and_the_database_holds_it_sealed(issuing: Running) -> None:
    keys = (await issuing.http.get("/.well-known/jwks.json")).json()["keys"]
    assert all(set(key) == {"kty", "crv", "use", "alg", "kid", "x"} for key in keys)
    assert issuing.application.database is not None
    async with issuing.application.database.transaction() as session:
        sealed = (await session.execute(text("SELECT sealed FROM signing_keys"))).scalars().all()
        hashes = (await session.execute(text("SELECT secret_hash FROM clients"))).scalars().all()
    assert all(len(item) == 12 + 32 + 16 for item in sealed)
    assert all(len(item) == 32 for item in hashes)


async def test_a_client_over_rest_gives_no_scope_that_its_maker_lacks(issuing: Running) -> None:
    keeper = bearer(await ask(issuing, await client_of(issuing, "keeper", "clients:write members:read")))
    more = await issuing.http.post("/clients", json={"client_id": "x", "scopes": ["members:erase"]}, headers=keeper)
    assert more.status_code == 403
    unknown = await issuing.http.post("/clients", json={"client_id": "x", "scopes": ["all"]}, headers=keeper)
    assert (unknown.status_code, unknown.json()["errors"][0]["field"]) == (422, "scopes")
    made = await issuing.http.post("/clients", json={"client_id": "made", "scopes": ["members:read"]}, headers=keeper)
    assert made.status_code == 201
    again = await issuing.http.post("/clients", json={"client_id": "made", "scopes": ["members:read"]}, headers=keeper)
    assert again.status_code == 409
    assert (await ask(issuing, made.json())).status_code == 200
    listed = await pages(issuing.http, "/clients", "after", "clients", headers=keeper, limit=1)
    assert "made" in {client["client_id"] for client in listed}
    assert made.json()["client_secret"] not in str(listed)
    assert (await issuing.http.delete("/clients/made", headers=keeper)).status_code == 204
    assert (await issuing.http.delete("/clients/made", headers=keeper)).status_code == 404
    assert (await ask(issuing, made.json())).status_code == 401


async def test_a_branch_travels_in_the_token(issuing: Running, members: httpx.AsyncClient) -> None:
    made = await client_of(issuing, "rep", "members:read events:write clients:write", "leeds")
    answer = await ask(issuing, made)
    claims = jwt.decode(answer.json()["access_token"], options={"verify_signature": False})
    assert (claims["branch"], claims["sub"], claims["iss"], claims["aud"]) == ("leeds", "rep", "muster", "muster")
    assert (await members.post("/events", json={}, headers=bearer(answer))).status_code == 403
    assert (await issuing.http.get("/clients", headers=bearer(answer))).status_code == 403
    assert (await issuing.http.post("/keys/rotate", headers=bearer(answer))).status_code == 403


def test_offline_commands_say_what_is_wrong_and_keep_what_is_there(world: World) -> None:
    settings = world.settings(Settings, token_key_secret=KEY_SECRET)
    made = json.loads(run(settings, "client", "create", "--id", "once", "--scopes", "all").stdout)
    assert len(made["scopes"]) > 20
    for arguments, said in (
        (("--id", "once", "--scopes", "members:read"), "there is a client of this id"),
        (("--id", "other", "--scopes", "members:reed"), "the scopes are wrong"),
        (("--id", "Bad Name", "--scopes", "members:read"), "lower-case letters"),
    ):
        done = run(settings, "client", "create", *arguments)
        assert done.exit_code != 0
        assert said in done.stderr
    weak = run(settings, "client", "create", "--id", "weak", "--scopes", "all", CLIENT_SECRET="short")
    assert weak.exit_code == 1
    own = "a-secret-of-my-own-of-32-characters-or-more"
    kept = run(settings, "client", "create", "--id", "own", "--scopes", "all", CLIENT_SECRET=own)
    assert json.loads(kept.stdout)["client_secret"] == own
    assert "once" in run(settings, "client", "list").stdout
    assert run(settings, "client", "revoke", "--id", "once").exit_code == 0
    assert run(settings, "client", "revoke", "--id", "once").exit_code == 1
    assert run(settings, "key", "rotate").stdout.strip()


def test_a_weak_sealing_secret_stops_the_start(world: World) -> None:
    with pytest.raises(ValidationError, match="token_key_secret"):
        world.settings(Settings, token_key_secret="aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")
