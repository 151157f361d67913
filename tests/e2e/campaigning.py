"""The demo's story told while something else happens to the stack."""

import asyncio
import io
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from local_stack.stack import Stack
from muster_chaos.traffic.staff import HeldMailOperator, PatientStaff
from muster_demo.membership_roll import make_roll
from muster_demo.scenario import Scenario
from muster_demo.staff import Staff
from muster_demo.stages import Stages
from rich.console import Console
from sandbox.journal.lines import EMAIL, SMS

from tests.e2e.places import booked
from tests.support.facts import eventually


@dataclass
class Told:
    """A story that has been told to its end."""

    stack: Stack
    story: Scenario
    organiser: Staff
    postmaster: HeldMailOperator
    output: io.StringIO = field(default_factory=io.StringIO)


@asynccontextmanager
async def told(stack: Stack, members: int, meanwhile: Callable[[], Awaitable[None]]) -> AsyncIterator[Told]:
    """Tell it; `meanwhile` begins with the first texts, and both come to their end."""
    output = io.StringIO()
    async with (
        PatientStaff(stack, "organiser", secrets.token_hex(32)) as organiser,
        PatientStaff(stack, "secretary", secrets.token_hex(32)) as secretary,
    ):
        postmaster = HeldMailOperator(stack, organiser)
        with Stages(Console(file=output)) as stages:
            story = Scenario(stack, make_roll(members), stages, organiser, secretary)
            async with asyncio.TaskGroup() as group:
                deciding = group.create_task(postmaster.work())
                await _both(story.carry_out(), _once_sending(stack, meanwhile))
                deciding.cancel()
        yield Told(stack, story, organiser, postmaster, output)


async def _both(first: Coroutine[Any, Any, None], second: Coroutine[Any, Any, None]) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(first)
        group.create_task(second)


async def _once_sending(stack: Stack, meanwhile: Callable[[], Awaitable[None]]) -> None:
    await eventually(lambda: len(booked(stack, SMS)) > 2, within=180)
    await eventually(lambda: booked(stack, EMAIL), within=60)
    await meanwhile()
