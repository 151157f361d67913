"""What a running service says of itself: its health, and its figures on a port of their own."""

import uuid
from dataclasses import dataclass

import httpx
import pytest
from chassis.app import Application
from chassis.db.database import Database
from chassis.kafka.producer import Kafka
from chassis.kafka.subscription import Subscription
from contracts.topics import UNION_EVENTS
from local_stack.ports import free_port

from tests.chassis.small import Settings, Small, build, create_tables
from tests.support.facts import eventually
from tests.support.world import World


@pytest.fixture
async def settings(own_world: World) -> Settings:
    url = await own_world.databases.database(f"small_{uuid.uuid4().hex[:8]}")
    await create_tables(url)
    return own_world.settings(Settings, database_url=url, module="small")


@dataclass(frozen=True)
class Health:
    """What both pages answer."""

    alive: int
    ready: int
    dead: list[str]
    notes: str


async def health(client: httpx.AsyncClient) -> Health:
    alive, ready = await client.get("/healthz"), await client.get("/readyz")
    return Health(alive.status_code, ready.status_code, alive.json()["dead"], ready.json()["parts"]["hears notes"])


async def test_a_consumer_that_has_stalled_closes_the_door_and_at_last_ends_the_process(
    own_world: World, settings: Settings
) -> None:
    application, _ = build(settings, stale_after=3.0)
    async with application.serving() as url, httpx.AsyncClient(base_url=url, timeout=30) as client:
        await eventually(lambda: health(client), until=lambda seen: seen == Health(200, 200, [], "ok"), within=60)
        consumer = application.listeners[0].subscriber.consumer
        consumer.pause(*consumer.assignment())
        await eventually(lambda: health(client), until=lambda seen: seen == Health(200, 503, [], "stalled"), within=60)
        dead = Health(503, 503, ["hears notes"], "stalled")
        await eventually(lambda: health(client), until=lambda seen: seen == dead, within=90)
        consumer.resume(*consumer.assignment())
        await eventually(lambda: health(client), until=lambda seen: seen == Health(200, 200, [], "ok"), within=60)


class Odd(Subscription):
    """What watches it stumbles over a bug of ours."""

    def is_silent(self, times: float = 1.0) -> bool:
        raise RuntimeError("a bug")


async def test_a_service_whose_consumers_are_not_watched_any_more_ends(own_world: World, settings: Settings) -> None:
    """Half of it would look alive for ever."""
    database, kafka = Database(settings.database_url), Kafka(settings)
    subscription = Odd((UNION_EVENTS,), "odd", Small(database).on_meetings)
    application = Application(settings, routers=(), subscriptions=[subscription], database=database, kafka=kafka)
    async with application.serving():
        await eventually(lambda: application.failed, within=60)


async def test_metrics_are_served_on_a_port_of_their_own(own_world: World, settings: Settings) -> None:
    port = free_port()
    application, _ = build(settings.model_copy(update={"metrics_port": port}))
    application.metrics.counter("seen_total", "Seen.", ["topic"]).labels(UNION_EVENTS.name).inc(3)
    async with application.serving() as url, httpx.AsyncClient(timeout=30) as client:
        told = await client.get(f"http://127.0.0.1:{port}/metrics")
        assert told.status_code == 200
        assert told.headers["content-type"].startswith("text/plain")
        assert 'seen_total{topic="union-events"} 3.0' in told.text.splitlines()
        assert (await client.get(f"{url}/metrics")).status_code == 404
