"""What the HTTP side refuses, and how it says so."""

import asyncio
import uuid
from datetime import UTC, datetime
from typing import Any

import httpx
import jwt
import pytest
from chassis.http.body_limits import MOST_HELD, BodyLimits, too_deep
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from starlette.types import Message

from tests.chassis.small import Settings, build, create_tables
from tests.support.world import World


@pytest.fixture(scope="module")
async def client(world: World):  # type: ignore[no-untyped-def]
    url = await world.databases.database(f"small_{uuid.uuid4().hex[:8]}")
    await create_tables(url)
    application, _ = build(world.settings(Settings, database_url=url, module="small"))
    async with application.serving() as address, httpx.AsyncClient(base_url=address, timeout=30) as one:
        yield one


async def refused(client: httpx.AsyncClient, token: str) -> tuple[int, str]:
    answer = await client.post("/echo", json={"meeting_id": "a"}, headers={"Authorization": f"Bearer {token}"})
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["detail"]


async def test_a_token_with_the_scope_is_let_in(client: httpx.AsyncClient, world: World) -> None:
    token = world.token("members:write", branch="leeds")
    answer = await client.post("/echo", json={"meeting_id": "a"}, headers={"Authorization": f"Bearer {token}"})
    assert answer.json() == {"meeting_id": "a", "client": "a-test-client", "branch": "leeds"}


async def test_each_fault_of_a_token_is_named(client: httpx.AsyncClient, world: World) -> None:
    past = int(datetime(2020, 1, 1, tzinfo=UTC).timestamp())
    assert await refused(client, world.token("members:write", exp=past)) == (401, "the token has expired")
    assert await refused(client, world.token("members:write", aud="another")) == (
        401,
        "the token is for another audience",
    )
    assert await refused(client, world.token("members:write", iss="x")) == (401, "the token is from another issuer")
    assert await refused(client, world.token("members:read")) == (403, "the token lacks the scope members:write")
    assert await refused(client, "rubbish") == (401, "the token is malformed")
    unsigned = jwt.encode({"sub": "x"}, "", algorithm="none")
    assert await refused(client, unsigned) == (401, "the token is not signed with EdDSA")
    symmetric = jwt.encode({"sub": "x"}, "k" * 64, algorithm="HS256", headers={"kid": world.issuer.kid})
    assert await refused(client, symmetric) == (401, "the token is not signed with EdDSA")
    forged = jwt.encode({"sub": "x"}, Ed25519PrivateKey.generate(), "EdDSA", headers={"kid": world.issuer.kid})
    assert await refused(client, forged) == (401, "the token is not valid")
    unknown = jwt.encode({"sub": "x"}, Ed25519PrivateKey.generate(), "EdDSA", headers={"kid": "other"})
    assert await refused(client, unknown) == (401, "the token's key is not in the key set")
    assert (await client.post("/echo", json={"meeting_id": "a"})).status_code == 401


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b'{"meeting_id": NaN}', "body"),
        (b'{"meeting_id": "a"', "body"),
        (b"[" * 5000 + b"]" * 5000, "body"),
        (b'{"meeting_id": 3}', "meeting_id"),
        (b'{"meeting_id": "a", "more": 1}', "more"),
        (b"{}", "meeting_id"),
        (b"\xff\xfe", "body"),
    ],
)
async def test_a_bad_body_is_a_422_that_names_the_field(
    client: httpx.AsyncClient, world: World, body: bytes, field: str
) -> None:
    headers = {**world.headers(), "content-type": "application/json"}
    answer = await client.post("/echo", content=body, headers=headers)
    assert answer.status_code == 422
    assert [fault["field"] for fault in answer.json()["errors"]] == [field]
    assert all(fault["reason"] for fault in answer.json()["errors"])


async def test_a_value_that_the_driver_cannot_write_is_refused_and_no_database_that_is_away(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.post("/notes", json={"meeting_id": "unstorable"})
    assert (answer.status_code, answer.json()["detail"]) == (422, "a value cannot be stored")


async def test_a_body_over_the_limit_is_refused(client: httpx.AsyncClient, world: World) -> None:
    headers = {**world.headers(), "content-type": "application/json"}
    answer = await client.post("/echo", content=b'"' + b"a" * 1_000_001 + b'"', headers=headers)
    assert (answer.status_code, answer.json()["title"]) == (413, "Too large")


async def answer_to_the_first_bytes_of(client: httpx.AsyncClient, path: str, *headers: str) -> tuple[str, bytes]:
    """The status line and the rest of what a server says, and closes with, that was sent 1 KiB of 10 MiB."""
    reader, writer = await asyncio.open_connection(client.base_url.host, client.base_url.port)
    try:
        head = [f"POST {path} HTTP/1.1", "Host: x", "Content-Type: text/csv", f"Content-Length: {10 * 2**20}", *headers]
        writer.write("\r\n".join([*head, "", ""]).encode() + b"a" * 1024)
        async with asyncio.timeout(10):
            return (await reader.readline()).decode(), await reader.read()
    finally:
        writer.close()
        await writer.wait_closed()


async def test_a_large_body_is_not_read_from_who_may_not_send_it(client: httpx.AsyncClient, world: World) -> None:
    line, rest = await answer_to_the_first_bytes_of(client, "/upload")
    assert (" 401 " in line, b"a bearer token is needed" in rest, b"connection: close" in rest.lower()) == (True,) * 3
    line, _ = await answer_to_the_first_bytes_of(client, "/upload", "Authorization: Bearer rubbish")
    assert " 401 " in line
    other = f"Authorization: {world.headers('members:read')['Authorization']}"
    line, rest = await answer_to_the_first_bytes_of(client, "/upload", other)
    assert (" 403 " in line, b"imports:write" in rest) == (True, True)


async def test_a_body_for_a_path_without_a_route_is_not_read(client: httpx.AsyncClient) -> None:
    line, rest = await answer_to_the_first_bytes_of(client, "/nowhere")
    assert (" 404 " in line, b"connection: close" in rest.lower()) == (True, True)
    assert b"application/problem+json" in rest


async def test_a_large_body_is_read_up_to_its_own_limit_from_who_may_send_it(
    client: httpx.AsyncClient, world: World
) -> None:
    headers = {**world.headers("imports:write"), "content-type": "text/csv"}
    assert (await client.post("/upload", content=b"a" * 10_000_000, headers=headers)).json() == 10_000_000
    answer = await client.post("/upload", content=b"a" * 20_000_001, headers=headers)
    assert (answer.status_code, answer.headers["connection"]) == (413, "close")


async def test_a_body_that_would_be_held_is_not_read_up_to_the_limit_of_a_file() -> None:
    """JSON sent to where large files are taken."""
    read, answered = 0, list[Any]()

    async def receive() -> Message:
        nonlocal read
        read += 2**20
        return {"type": "http.request", "body": bytes(2**20), "more_body": True}

    async def send(message: Message) -> None:
        answered.append(message.get("status"))

    headers = [(b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": "/upload", "route": "", "headers": headers}
    await BodyLimits(never, limit=1, larger={"/upload": 2**40})(scope, receive, send)
    assert (answered[0], read) == (413, MOST_HELD + 2**20)


async def never(*_: object) -> None:
    raise AssertionError("the body was over the limit")


async def test_it_is_the_caller_who_closes_an_idle_connection(world: World) -> None:
    """nginx keeps one to us for a minute; a request that meets our closing of it is lost."""
    settings = world.settings(Settings, database_url="postgresql+asyncpg://nowhere/none", module="small")
    application, _ = build(settings)
    assert application._config().timeout_keep_alive > 60


async def test_unknown_paths_are_problems_too(client: httpx.AsyncClient) -> None:
    answer = await client.get("/nowhere")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


def test_brackets_inside_strings_do_not_count_as_depth() -> None:
    assert not too_deep(b'["' + b"[" * 500 + b'\\"[[["]')
    assert too_deep(b"[" * 41)


def test_a_hostile_string_is_read_once_and_not_from_each_of_its_quotes() -> None:
    assert not too_deep(b'{"a":' + b'"' + b'\\"' * 300_000)
    assert too_deep(b"[" * 41 + b'"' + b'\\"' * 300_000)
