"""A stop reaches the dispatchers while the broker is away, and its answer names which of them have confirmed it.

The broker is this file's own, since it stands still; dispatch-sms is a process of its own, the sandbox its carrier.
"""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from contracts.events.members import ContactPoint
from dispatch_sms.settings import Settings as SmsSettings
from local_stack.kafka import KafkaServer, fetch_jars
from local_stack.ports import free_port
from local_stack.processes import Child, Command, tail
from sandbox import app as sandbox
from sandbox.journal.lines import SMS
from sandbox.settings import Settings as SandboxSettings
from segmenter.app import build
from segmenter.settings import Settings

from tests.segmenter.union import Union
from tests.support.answers import http_client
from tests.support.facts import eventually
from tests.support.replicas import environment
from tests.support.tokens import Issuer
from tests.support.world import Databases, World

MEMBERS = 100
NO_ADDRESS = {"dispatcher": "dispatch-email", "confirmed": False, "detail": "no address"}
CONFIRMED = [{"dispatcher": "dispatch-sms", "confirmed": True, "detail": ""}, NO_ADDRESS]
TEXT: dict[str, Any] = {
    "content": [{"channel": "sms", "language": "en", "text": "{{ given_name }}, picket at six."}],
    "channels": {"rule": "preferred_else_next", "order": ["sms"]},
    "passes_quiet_hours": True,
    "quiet_hours_reason": "a test runs at any hour",
}


@pytest.fixture(scope="module")
async def frail(
    postgres: Databases, issuer: Issuer, installation: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[World]:
    """A world whose broker may stand still."""
    folder = tmp_path_factory.mktemp("frail")
    jars = await fetch_jars(Path(__file__).parents[3] / ".muster" / "kafka")
    broker = KafkaServer(folder / "kafka", jars, folder / "kafka.log")
    await broker.start()
    world = World(broker, postgres, issuer, installation, folder)
    await world.start()
    try:
        yield world
    finally:
        broker.child.send(signal.SIGCONT)
        await world.stop()
        await world.databases.delete(world.prefix.rstrip("."))
        await broker.stop()


class Dispatcher:
    """dispatch-sms as a process, and what its carrier took."""

    def __init__(self, world: World, carrier: str, journal: Path) -> None:
        port = free_port()
        self.url, self._journal = f"http://127.0.0.1:{port}", journal
        settings = world.settings(
            SmsSettings, public_url=self.url, twilio_base_url=carrier, sms_rate_per_second=5.0, union_name="Us"
        )
        argv = (sys.executable, "-m", "dispatch_sms")
        own = {**environment(settings), "PORT": str(port)}
        self._command = Command("dispatch-sms", argv, world.folder / "dispatch-sms.log", own)
        self.child: Child | None = None

    async def start(self) -> None:
        self.child = await Child.start(self._command)
        async with http_client("dispatch_sms", self.url) as client:

            async def ready() -> bool:
                assert self.child is not None
                assert self.child.running, tail(self._command.log)
                try:
                    return (await client.get("/readyz")).is_success
                except httpx.HTTPError:
                    return False

            await eventually(ready, within=60)

    async def kill(self) -> None:
        if self.child is not None:
            self.child.send(signal.SIGKILL)
            await self.child.wait()

    def texts(self, words: str = "") -> int:
        """How many texts with these words were accepted."""
        return sum(words in line["body"] for line in SMS.lines(self._journal))

    async def stands_still(self, words: str = "") -> bool:
        """Whether nothing was accepted for the time of seven texts."""
        then = self.texts(words)
        await asyncio.sleep(1.5)
        return self.texts(words) == then


@pytest.fixture
async def dispatcher(frail: World, tmp_path: Path) -> AsyncIterator[Dispatcher]:
    """Running."""
    journal = tmp_path / "journal"
    carrier = frail.settings(SandboxSettings, journal_dir=journal, smtp_port=0)
    async with sandbox.build(carrier).serving() as url:
        dispatcher = Dispatcher(frail, url, journal)
        try:
            await dispatcher.start()
            yield dispatcher
        finally:
            await dispatcher.kill()


@asynccontextmanager
async def campaigning(world: World, dispatcher: Dispatcher) -> AsyncIterator[Union]:
    """A union with members of a number each."""
    settings = world.settings(Settings, approval_above=1000, dispatch_sms_url=dispatcher.url)
    async with world.running(build, settings) as client:
        union = Union(world, client)
        points = [ContactPoint(channel="sms", address=f"+447400{number:05d}7") for number in range(MEMBERS)]
        await union.joined_by(*(union.member(contact_points=(point,)) for point in points))
        yield union


async def launched(union: Union, words: str) -> str:
    draft = await union.draft()
    content = [{**TEXT["content"][0], "text": words}]
    senders = [sender for sender in draft["senders"] if sender["channel"] == "sms"]
    return await union.launched(**{**TEXT, "content": content, "senders": senders, "segment_id": draft["segment_id"]})


async def ordered(union: Union, path: str, **body: str) -> list[dict[str, Any]]:
    """The confirmations of a stop, a lift, a pause or a cancellation."""
    answer = await union.client.post(path, json=body or None)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["confirmations"])


async def test_with_the_broker_away_a_stop_is_confirmed_and_nothing_more_is_sent(
    frail: World, dispatcher: Dispatcher
) -> None:
    async with campaigning(frail, dispatcher) as union:
        paused, other = await launched(union, "first"), await launched(union, "second")
        await eventually(lambda: union.progress(paused), until=lambda seen: seen["fan_out_done"])
        await eventually(lambda: union.progress(other), until=lambda seen: seen["fan_out_done"])
        await eventually(lambda: min(dispatcher.texts("first"), dispatcher.texts("second")) > 2)
        frail.kafka.child.send(signal.SIGSTOP)

        assert await ordered(union, f"/campaigns/{paused}/pause") == CONFIRMED
        await eventually(lambda: dispatcher.stands_still("first"))
        sent = dispatcher.texts("second")
        assert await dispatcher.stands_still("first")
        await eventually(lambda: dispatcher.texts("second") > sent)

        assert await ordered(union, "/sending/stop", reason="a wrong date") == CONFIRMED
        await eventually(dispatcher.stands_still)
        assert await dispatcher.stands_still()
        assert dispatcher.texts() < 2 * MEMBERS

        assert await ordered(union, "/sending/lift", reason="mended") == CONFIRMED
        sent = dispatcher.texts("second")
        await eventually(lambda: dispatcher.texts("second") > sent)
        assert await ordered(union, f"/campaigns/{other}/cancel") == CONFIRMED
        await eventually(dispatcher.stands_still)

        frail.kafka.child.send(signal.SIGCONT)
        answer = await union.client.post(f"/campaigns/{paused}/resume")
        assert answer.status_code == 200, answer.text
        assert "confirmations" not in answer.json()
        sent = dispatcher.texts("first")
        await eventually(lambda: dispatcher.texts("first") > sent)
        assert await ordered(union, f"/campaigns/{paused}/cancel") == CONFIRMED
        assert dispatcher.texts("second") < MEMBERS


async def test_a_dispatcher_that_is_away_is_named_and_stops_by_kafka_when_it_is_back(
    frail: World, dispatcher: Dispatcher
) -> None:
    async with campaigning(frail, dispatcher) as union:
        campaign_id = await launched(union, "first")
        await eventually(lambda: dispatcher.texts() > 2)
        await dispatcher.kill()
        sms, email = await ordered(union, "/sending/stop", reason="a wrong date")
        assert (sms["dispatcher"], sms["confirmed"]) == ("dispatch-sms", False)
        assert "does not answer" in sms["detail"]
        assert email == NO_ADDRESS
        sent = dispatcher.texts()
        await dispatcher.start()
        assert await dispatcher.stands_still()
        assert dispatcher.texts() - sent < 3, "only what was claimed before the kill is looked up and sent again"
        assert await ordered(union, "/sending/lift", reason="mended") == CONFIRMED
        await eventually(lambda: dispatcher.texts() > sent + 10)
        assert await ordered(union, f"/campaigns/{campaign_id}/cancel") == CONFIRMED
        await eventually(dispatcher.stands_still)
