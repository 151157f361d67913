"""The joined history: entries of all services in order of time, and the services that did not answer."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from members.app import build
from members.settings import Settings

from tests.support.world import World

Answer = Callable[[str], tuple[int, Any] | None]


@asynccontextmanager
async def neighbour(answer: Answer) -> AsyncIterator[str]:
    """A service on a real port that answers one request a connection; None never answers."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        given = answer(head)
        if given is None:
            await reader.read()
        else:
            status, body = given
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: {len(content)}\r\n\r\n".encode() + content)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


async def history(world: World, *, seconds: float = 30.0, **urls: str) -> dict[str, Any]:
    settings = world.settings(Settings, history_timeout_seconds=seconds, **urls)
    async with world.running(build, settings) as http:
        given = {"membership_number": "1", "given_name": "Ann", "family_name": "Lee"}
        made = await http.post("/members", json=given)
        member_id = made.json()["member_id"] if made.status_code == 201 else await _known(http)
        answer = await http.get(f"/members/{member_id}/history")
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body


async def _known(http: httpx.AsyncClient) -> str:
    found = await http.get("/members", params={"membership_number": "1"})
    return str(found.json()["members"][0]["member_id"])


async def test_the_parts_are_joined_in_order_and_the_callers_token_is_passed_on(world: World) -> None:
    heads: list[str] = []

    def early(head: str) -> tuple[int, Any]:
        heads.append(head)
        return 200, {"entries": [{"at": "2020-01-01T00:00:00Z", "what": "planned", "campaign_id": "c"}]}

    def late(head: str) -> tuple[int, Any]:
        return 200, {"entries": [{"at": "2120-01-01T00:00:00Z", "what": "delivered"}]}

    async with neighbour(early) as first, neighbour(late) as second, neighbour(lambda _: (404, {})) as third:
        found = await history(world, segmenter_url=first, dispatch_sms_url=second, ballot_url=third)
    assert [(entry["service"], entry["what"]) for entry in found["entries"]] == [
        ("segmenter", "planned"),
        ("members", "created"),
        ("dispatch-sms", "delivered"),
    ]
    assert found["missing"] == ["dispatch-email"]
    assert f"authorization: bearer {world.token()}".lower()[:30] in heads[0].lower()
    assert heads[0].startswith(f"GET /members/{found['member_id']}/history?limit=200 ")


@pytest.mark.parametrize(
    "answer",
    [
        lambda _: (500, {}),
        lambda _: (200, b"not json"),
        lambda _: (200, {"entries": [{"what": "without a time"}]}),
        lambda _: (200, ["not", "an", "object"]),
    ],
)
async def test_a_part_that_gives_nothing_usable_is_named(world: World, answer: Answer) -> None:
    await the_ballot_is_missing(world, answer, seconds=30)


async def test_a_part_that_never_answers_is_named(world: World) -> None:
    await the_ballot_is_missing(world, lambda _: None, seconds=6)


async def the_ballot_is_missing(world: World, answer: Answer, *, seconds: float) -> None:
    async with neighbour(answer) as url, neighbour(lambda _: (404, {})) as other:
        urls = {"segmenter_url": other, "dispatch_sms_url": other, "dispatch_email_url": other, "ballot_url": url}
        found = await history(world, seconds=seconds, **urls)
    assert found["missing"] == ["ballot"]
    assert [entry["what"] for entry in found["entries"]] == ["created"]


async def test_a_part_that_is_down_is_named(world: World) -> None:
    async with neighbour(lambda _: (404, {})) as url:
        pass
    found = await history(world, segmenter_url=url)
    assert found["missing"] == ["segmenter", "dispatch-sms", "dispatch-email", "ballot"]
