"""One true rate: what the carrier's own journal shows, whatever happens to the replicas that share it."""

import asyncio
import signal
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from uuid import UUID

import orjson
import pytest
import sandbox.app
import sandbox.settings
from chassis.clock import Clock
from chassis.db.database import Database
from chassis.observability.metrics import Metrics
from contracts.events.campaigns import CampaignLaunched
from dispatch_sms.settings import Settings

from tests.dispatch_sms.house import NOON, QUICK, House
from tests.support.answers import http_client
from tests.support.facts import eventually
from tests.support.replicas import Replicas, replicas
from tests.support.world import World

RATE, WINDOW = 20.0, 0.25
ALLOWANCE = RATE * WINDOW + 1
"""A call may start WINDOW_SECONDS later than its slot, and a second may begin with a slot and end with one."""


@dataclass
class Union:
    """Several replicas of dispatch-sms, a carrier, and requests when a test asks for them."""

    house: House
    replicas: Replicas
    asked: list[UUID] = field(default_factory=list)

    async def ask(self, number: int, campaign: CampaignLaunched) -> None:
        members = await asyncio.gather(*(self.house.member() for _ in range(number)))
        self.asked += await asyncio.gather(*(self.house.ask(member, campaign) for member in members))

    def book(self, name: str = "sms") -> list[dict[str, str]]:
        file = self.house.journal / f"{name}.jsonl"
        return [orjson.loads(line) for line in file.read_bytes().splitlines()] if file.exists() else []

    def times(self, name: str = "sms") -> list[float]:
        return sorted(datetime.fromisoformat(line["at"]).timestamp() for line in self.book(name))

    async def sent(self, number: int) -> None:
        await eventually(lambda: len(self.book()), within=120, until=lambda found: found >= number)


@pytest.fixture
async def union(own_world: World, tmp_path: Path) -> AsyncIterator[Union]:
    world = own_world
    quiet = {"sent_delay": 3000.0, "delivered_delay": 3000.0, "smtp_port": 0}
    carrier = world.settings(sandbox.settings.Settings, journal_dir=tmp_path / "journal", **quiet)
    async with sandbox.app.build(carrier).serving() as url:
        settings = world.settings(
            Settings,
            twilio_base_url=url,
            clock_start=NOON,
            sms_rate_per_second=RATE,
            window_seconds=WINDOW,
            **QUICK,
        )
        account = (settings.twilio_account_sid, settings.twilio_auth_token.get_secret_value())
        async with (
            http_client("sandbox", url, auth=account) as client,
            replicas("dispatch_sms", settings, tmp_path) as running,
        ):
            database = Database(settings.database_url, pool_size=2)
            clock = Clock(NOON)
            house = House(world, settings, client, client, tmp_path / "journal", database, clock, Metrics())
            yield Union(house, running)
            await database.close()


def busiest(times: Sequence[float]) -> int:
    """The most in any sliding second."""
    return max(sum(start <= other < start + 1 for other in times) for start in times)


@pytest.mark.long
async def test_one_two_four_and_eight_replicas_keep_to_the_rate_through_kills_joins_and_leaves(union: Union) -> None:
    """Eight are more than a topic has partitions: who hears nothing is ready all the same, and sends."""
    campaign = await union.house.campaign()
    for number in (1, 2, 4, 8):
        await union.replicas.scale(number)
        before = len(union.book())
        await union.ask(80, campaign)
        await union.sent(before + 30)
        if number > 1:
            await union.replicas.lose(signal.SIGKILL)
        await union.sent(before + 50)
        if number > 2:
            await union.replicas.lose(signal.SIGTERM)
        await union.sent(before + 60)
    await eventually(lambda: len({line["delivery_id"] for line in union.book()}), within=120, until=lambda n: n == 320)
    assert sorted(UUID(line["delivery_id"]) for line in union.book()) == sorted(union.asked)
    assert RATE / 2 < busiest(union.times()) <= RATE + ALLOWANCE


@pytest.mark.long
async def test_a_few_429s_leave_most_of_the_rate(union: Union) -> None:
    await union.replicas.scale(3)
    await union.house.fault("sms.429", "*", count=5, after=20, retry_after=1)
    await union.ask(240, await union.house.campaign())
    await union.sent(240)
    times = union.times()
    assert len(union.times("refused")) == 5
    assert times[-1] - times[0] <= 240 / (0.75 * RATE)
