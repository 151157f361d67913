"""An orderly stop: what has not reached the dot is left for later, a dot without an answer is written in doubt."""

import asyncio
import sys
from pathlib import Path
from typing import Any

from contracts import topics
from contracts.events.deliveries import DeliveryEvent
from dispatch_email import app
from dispatch_email.settings import Settings

from tests.dispatch_email.campaigning import Campaigning, member
from tests.dispatch_email.hostile import SILENCE, Hostile
from tests.dispatch_email.post import quick
from tests.support.facts import eventually
from tests.support.replicas import environment
from tests.support.world import World


def patient(world: World, server: Hostile, **changes: Any) -> Settings:
    """Would wait for a minute; one connection, so that the order is known."""
    long = {"smtp_timeout_seconds": 20, "smtp_offer_seconds": 20, "smtp_answer_seconds": 20, "smtp_connections": 2}
    waits = {"call_timeout_seconds": 45, "deadline_seconds": 60, "drain_seconds": 0.5}
    return world.settings(Settings, **quick(smtp_port=server.port, **long, **waits, **changes))


async def statuses(world: World) -> list[tuple[str, str]]:
    """Everything said so far: which delivery, and what of it."""
    heard = await world.read(topics.DELIVERIES, 0)
    return [(str(event.delivery_id), event.status) for event in heard if isinstance(event, DeliveryEvent)]


async def test_a_stop_leaves_in_doubt_only_what_was_behind_the_dot(own_world: World) -> None:
    world, server = own_world, Hostile(script={"dot": [SILENCE]})
    campaign = await Campaigning.launched(world)
    async with server.serving():
        async with app.build(patient(world, server)).serving():
            behind = await campaign.ask(member("behind@x.example"))
            await eventually(lambda: server.silent)
            server.silent, server.script["rcpt"] = False, [SILENCE]
            before = await campaign.ask(member("before@x.example"))
            await eventually(lambda: server.silent)
        assert len(server.bodies) == 1
        async with app.build(patient(world, server)).serving():
            await eventually(lambda: len(server.bodies) == 2)
            await eventually(
                lambda: statuses(world),
                until=lambda told: (str(before), "accepted") in told and (str(behind), "in_doubt") in told,
            )
    told = await statuses(world)
    assert (str(before), "in_doubt") not in told
    assert (str(behind), "accepted") not in told
    assert f"Message-ID: <{before}@".encode() in server.bodies[1]


async def test_the_service_starts_from_its_environment_and_ends_on_sigterm(world: World, tmp_path: Path) -> None:
    settings = world.settings(Settings, **quick(smtp_port=9, log_format="json"))
    service = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "dispatch_email",
        env=environment(settings) | {"BOUNCE_PORT": "0"},
        stdout=asyncio.subprocess.PIPE,
        cwd=tmp_path,
    )
    assert service.stdout is not None
    async with asyncio.timeout(60):
        while b"listening for bounces" not in await service.stdout.readline():
            assert service.returncode is None
    service.terminate()
    async with asyncio.timeout(60):
        rest, _ = await service.communicate()
    assert b'"stopping"' in rest
    assert service.returncode == 0


async def test_without_its_secrets_the_service_says_what_is_missing_and_no_value(tmp_path: Path) -> None:
    service = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "dispatch_email",
        env={"PATH": "/usr/bin:/bin", "SMTP_PASSWORD": "hunter2hunter2", "LINK_SECRET": "tooshort"},
        stderr=asyncio.subprocess.PIPE,
        cwd=tmp_path,
    )
    _, errors = await service.communicate()
    assert service.returncode == 1
    assert b"id_secret" in errors
    assert b"hunter2" not in errors
    assert b"tooshort" not in errors
