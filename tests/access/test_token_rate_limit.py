"""Attempts to guess a client's secret are limited, and lock out only the address that makes them."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import httpx
import pytest
from access.app import build
from access.service.clients import Clients
from access.settings import Settings
from chassis.clock import Clock

from tests.access.service import KEY_SECRET, Running
from tests.support.answers import http_client
from tests.support.world import World

HERE, ELSEWHERE = "203.0.113.5", "198.51.100.7"


class StandingClock(Clock):
    """Moves only by `advance`: failures are counted by the minute, and a busy machine takes longer for thirty."""

    def __init__(self) -> None:
        super().__init__()
        self._at = super().now()

    def now(self) -> datetime:
        return self._at

    def advance(self, by: timedelta) -> None:
        self._at += by


@pytest.fixture
async def limited(own_world: World) -> AsyncIterator[Running]:
    """access behind a proxy on this machine; three failures a minute."""
    settings = own_world.settings(
        Settings, token_key_secret=KEY_SECRET, token_tries_a_minute=3, trusted_proxies="127.0.0.1"
    )
    clock = StandingClock()
    application = build(settings, clock)
    async with application.serving() as url, http_client("access", url) as http:
        yield Running(http, application, clock, settings)


async def secret_of(limited: Running, name: str) -> str:
    clients: Clients = limited.application.api.state.given[Clients]
    return (await clients.create(name, ["members:read"], None))[1]


async def ask(limited: Running, name: str, secret: str, address: str = HERE) -> httpx.Response:
    given = {"grant_type": "client_credentials", "client_id": name, "client_secret": secret}
    return await limited.http.post("/oauth/token", data=given, headers={"X-Forwarded-For": address})


async def test_failures_are_refused_until_later_and_successes_do_not_count(limited: Running) -> None:
    secret = await secret_of(limited, "eager")
    assert [(await ask(limited, "eager", secret)).status_code for _ in range(6)] == [200] * 6
    answers = [await ask(limited, "eager", "wrong") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429]
    assert 0 < int(answers[-1].headers["retry-after"]) <= 60
    limited.clock.advance(timedelta(seconds=61))
    assert (await ask(limited, "eager", secret)).status_code == 200
    assert [(await ask(limited, "eager", "wrong")).status_code for _ in range(4)] == [401, 401, 401, 429]
    limited.clock.advance(timedelta(hours=-1))
    assert (await ask(limited, "eager", secret)).status_code == 429
    limited.clock.advance(timedelta(seconds=61))
    assert (await ask(limited, "eager", secret)).status_code == 200, "a clock that was set back locks no client out"


async def test_failures_in_a_client_s_name_lock_out_neither_it_nor_another(limited: Running) -> None:
    secret, other = await secret_of(limited, "eager"), await secret_of(limited, "patient")
    refused = [(await ask(limited, "eager", "wrong", ELSEWHERE)).status_code for _ in range(20)]
    assert refused == [401] * 3 + [429] * 17
    assert (await ask(limited, "eager", secret)).status_code == 200
    assert (await ask(limited, "patient", other)).status_code == 200
    assert (await ask(limited, "patient", other, ELSEWHERE)).status_code == 200, "refused attempts are not counted"


async def test_one_address_cannot_guess_at_every_client_in_turn(limited: Running) -> None:
    statuses: list[int] = []
    while 429 not in statuses and len(statuses) < 100:
        statuses.append((await ask(limited, f"nobody-{len(statuses)}", "wrong")).status_code)
    assert statuses[:30] == [401] * 30
    assert statuses[-1] == 429


async def test_many_guesses_at_once_are_no_faster_than_one_by_one(limited: Running) -> None:
    await secret_of(limited, "eager")
    answers = await asyncio.gather(*(ask(limited, "eager", f"guess {number}") for number in range(12)))
    assert sorted(answer.status_code for answer in answers) == [401] * 3 + [429] * 9


async def test_an_address_is_believed_from_a_trusted_proxy_only(own_world: World) -> None:
    settings = own_world.settings(Settings, token_key_secret=KEY_SECRET, token_tries_a_minute=3)
    async with build(settings, StandingClock()).serving() as url, http_client("access", url) as http:
        given = {"grant_type": "client_credentials", "client_id": "eager", "client_secret": "wrong"}
        asked = [
            await http.post("/oauth/token", data=given, headers={"X-Forwarded-For": f"203.0.113.{number}"})
            for number in range(4)
        ]
        assert [answer.status_code for answer in asked] == [401, 401, 401, 429]
