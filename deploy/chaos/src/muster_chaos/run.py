"""One seeded run: a union, campaigns, blows and bad weather, then calm, and the judge."""

import asyncio
import secrets
import shutil
import time
from collections.abc import Coroutine
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from contracts.ids import Ids
from local_stack.cli import JARS
from local_stack.sandbox_client import Sandbox
from local_stack.services import next_weekday_noon
from local_stack.stack import Stack
from muster_chaos import time_scale
from muster_chaos.disruption.disruptor import Disruptor, Hits
from muster_chaos.disruption.provider_faults import fault_periods
from muster_chaos.disruption.schedule import disruptions
from muster_chaos.results import acceptance_share, held_emails, measurements
from muster_chaos.results.figures import Figures
from muster_chaos.run_request import RunRequest
from muster_chaos.traffic.campaigns import Campaigns
from muster_chaos.traffic.events_and_replies import EventsAndReplies
from muster_chaos.traffic.staff import InsistentStaff, Postmaster
from muster_demo import evidence
from muster_demo.judge import Evidence, Verdict, judge
from muster_demo.membership_roll import make_roll
from muster_demo.run import settled
from muster_demo.scenario import Scenario
from muster_demo.staff import until
from muster_demo.stages import Bar, Stages
from rich.console import Console
from sandbox.journal.lines import FAULTS, INBOUND, REFUSED

_DRAIN_SECONDS = 300.0


async def run(wanted: RunRequest, root: Path, console: Console) -> Figures:
    """From an empty folder to the figures. Raises Failed when the run itself could not be done."""
    shutil.rmtree(root, ignore_errors=True)
    settings = _settings()
    stack = Stack(root, JARS, clock_start=next_weekday_noon(datetime.now(UTC)), settings=settings)
    since = time.monotonic()
    async with stack.running():
        with Stages(console) as stages:
            stages.seconds["start the stack"] = time.monotonic() - since
            async with (
                InsistentStaff(stack, "organiser", secrets.token_hex(32)) as organiser,
                InsistentStaff(stack, "branch-secretary", secrets.token_hex(32)) as approver,
            ):
                story = Scenario(stack, make_roll(wanted.members, wanted.seed), stages, organiser, approver)
                await story.prepare()
                return await _Chaos(wanted, stack, settings, story, stages).unfold()


def _settings() -> dict[str, dict[str, str]]:
    return time_scale.settings(sms_per_second=120, mails_per_second=40)


class _Chaos:
    """The run after everybody is known."""

    def __init__(
        self, wanted: RunRequest, stack: Stack, settings: dict[str, dict[str, str]], story: Scenario, stages: Stages
    ) -> None:
        self._wanted, self._stack, self._story, self._stages = wanted, stack, story, stages
        self._hitter = Disruptor(stack, settings)
        self._campaigns = Campaigns(stack, story)
        self._life = EventsAndReplies(stack, story.organiser, wanted.seed)
        self._sandbox = Sandbox(stack)
        self._ids = Ids(stack.secrets["ID_SECRET"].encode())

    async def unfold(self) -> Figures:
        async with asyncio.TaskGroup() as group:  # nothing is worth doing once nobody starts what has ended
            keeping = group.create_task(self._hitter.keep())
            await self._strike()
            drain_seconds = await self._drain()
            keeping.cancel()
        with self._stages.stage("judge: read audience, ledgers, journal", 1):
            return await self._weigh(drain_seconds)

    async def _strike(self) -> None:
        with self._stages.stage("kill, stall, scale, under faults", self._wanted.kills) as bar:
            await self._campaigns.launch()
            meanwhile = [self._campaigns.keep_busy(), self._life.run(), self._blow_about()]
            await _until_done(self._hit(bar), meanwhile)

    async def _hit(self, bar: Bar) -> None:
        hits = self._hitter.hits
        schedule = disruptions(
            self._wanted.seed,
            pace_seconds=self._wanted.pace_seconds,
            longest_pause_seconds=time_scale.LONGEST_STOP,
        )
        for timed in schedule:
            await asyncio.sleep(timed.wait_seconds)
            await self._hitter.hit(timed.blow)
            bar.at(min(hits.kills.total(), self._wanted.kills), note=f"{hits.pauses.total()} stalls")
            if hits.kills.total() >= self._wanted.kills:
                return

    async def _blow_about(self) -> None:
        """Changing faults; a sandbox that is down gets the next ones."""
        for now in fault_periods(
            self._wanted.seed, late_seconds=time_scale.LATE_ACCEPT, lag_seconds=time_scale.LIST_LAG
        ):
            with suppress(httpx.HTTPError):
                await self._sandbox.faults(*now.rules)
            await asyncio.sleep(now.seconds)

    async def _clear_up(self) -> None:
        with suppress(httpx.HTTPError):
            await self._sandbox.faults()

    async def _drain(self) -> float:
        """Seconds from the last blow until nothing is under way. What is held is then decided by a person."""
        with self._stages.stage("calm down, drain, decide what is held", 1):
            await self._clear_up()
            await self._hitter.disarm()
            since = time.monotonic()
            await self._hitter.calm()
            await self._clear_up()  # the sandbox may have been down
            await until(self._campaigns.over, bool, within=_DRAIN_SECONDS, what="every delivery at an end", every=1.0)
            found = await self._agree(holding=True)
            drained = time.monotonic() - since
            self._held = await self._hold()
            self._share = self._shared(found)
            if self._held.by_channel:
                await self._decide()
                await self._agree(holding=False)
        return drained

    async def _agree(self, *, holding: bool) -> Evidence:
        """Until the sets agree, or can be said not to: next channels and receipts may still be on their way. Reading
        all of it costs seconds of what the drain needs, so that the wait grows."""
        patience, wait = time.monotonic() + _DRAIN_SECONDS, 1.0
        while True:
            found = await evidence.gather(self._stack)
            verdict = judge(found, self._ids.delivery)
            open_ones = set(verdict.states) & {"requested", "sending", "in_doubt"}
            done = verdict.holds or (holding and not open_ones and await self._only_held(verdict))
            if done or time.monotonic() > patience:
                return found
            await asyncio.sleep(wait)
            wait = min(2 * wait, 5.0)

    async def _hold(self) -> held_emails.Held:
        return await held_emails.held(self._stack, self._hitter.hits.moments)

    def _shared(self, found: Evidence) -> acceptance_share.Share:
        """As things are when the drain ends."""
        journal = self._stack.journal
        refused, faults = list(REFUSED.lines(journal)), list(FAULTS.lines(journal))
        campaigns = len(self._campaigns.launched)
        grounds = acceptance_share.grounds(self._story.roll, campaigns, list(INBOUND.lines(journal)), faults)
        planned = judge(found, self._ids.delivery).sizes["planned"]
        struck = acceptance_share.struck_for_good(refused, faults)
        return acceptance_share.weigh(planned, found.ledgers, struck, grounds)

    async def _only_held(self, verdict: Verdict) -> bool:
        waiting = verdict.faults.get("neither skipped, rejected nor accepted", ())
        return len(waiting) == verdict.states.get("held", 0) and await self._campaigns.over()

    async def _decide(self) -> None:
        postmaster = Postmaster(self._stack, self._story.organiser)

        async def none_held() -> int:
            await postmaster.once()
            left = await self._hold()
            return left.by_channel.get("email", 0) if await self._campaigns.over() else -1

        await until(none_held, lambda left: left == 0, within=_DRAIN_SECONDS, what="held e-mails decided", every=1.0)

    async def _weigh(self, drain_seconds: float) -> Figures:
        found = await settled(self._stack)
        verdict = judge(found, self._ids.delivery)
        hits: Hits = self._hitter.hits
        lost, repeated = measurements.losses(verdict)
        return Figures(
            seed=self._wanted.seed,
            asked=self._wanted.asked(),
            settings=_settings(),
            campaigns=len(self._campaigns.launched),
            kills=dict(hits.kills),
            stalls=dict(hits.pauses),
            scalings=hits.scalings,
            fell=dict(hits.fell),
            gave_up=dict(hits.gave_up),
            failpoints_hit=measurements.reached(self._stack),
            faults_hit=measurements.struck(self._stack),
            planned=verdict.sizes["planned"],
            accepted=verdict.sizes["accepted"],
            share=self._share,
            states=dict(verdict.states),
            lost=lost,
            duplicates=repeated,
            faults=[*verdict.sentences(), *measurements.vanished(self._campaigns.launched, found)],
            lost_events=await measurements.lost_events(self._stack, self._life),
            events=len(self._life.meetings) + len(self._life.joined),
            answers=await measurements.texted_answers(self._stack, self._ids),
            in_doubt=await measurements.doubts(self._stack, datetime.now(UTC)),
            held=self._held,
            drain_seconds=round(drain_seconds, 1),
            stages=dict(self._stages.seconds),
        )


async def _until_done(main: Coroutine[Any, Any, None], others: list[Coroutine[Any, Any, None]]) -> None:
    """Run the others for as long as the main one runs; a failure of any ends all."""
    async with asyncio.TaskGroup() as group:
        beside = [group.create_task(other) for other in others]
        await group.create_task(main)
        for task in beside:
            task.cancel()
