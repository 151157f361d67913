"""One seeded run: a union, campaigns, disruptions and provider faults, then the drain, and the judge."""

import asyncio
import secrets
import shutil
import time
from collections.abc import Coroutine
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from contracts.ids import Ids
from local_stack.cli import JARS
from local_stack.processes import Failed
from local_stack.sandbox_client import SandboxClient
from local_stack.services import next_weekday_noon
from local_stack.stack import Stack
from muster_chaos import time_scale
from muster_chaos.disruption.disruptor import Disruptor, Hits
from muster_chaos.disruption.fault_injection import FaultInjection
from muster_chaos.disruption.schedule import disruptions
from muster_chaos.incidents.incidents import Incidents
from muster_chaos.incidents.plan import plan
from muster_chaos.incidents.roll_changes import RollChanges
from muster_chaos.incidents.stops import UnionStops
from muster_chaos.results import acceptance_share, held_emails, measurements
from muster_chaos.results.figures import Figures
from muster_chaos.results.forbidden_messages import accepted_in_stops
from muster_chaos.results.opt_outs import opt_outs
from muster_chaos.run_request import RunRequest
from muster_chaos.traffic.campaigns import Campaigns
from muster_chaos.traffic.events_and_replies import EventsAndReplies
from muster_chaos.traffic.staff import HeldMailOperator, InsistentStaff
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
_TAKEN_WITHIN = 60.0


async def run(request: RunRequest, root: Path, console: Console) -> Figures:
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
                scenario = Scenario(stack, make_roll(request.members, request.seed), stages, organiser, approver)
                await scenario.prepare()
                return await _Chaos(request, stack, settings, scenario, stages).carry_out()


_BREAK_OFF = ("dispatch-email", "sandbox", "postgres")
"""A hit of these breaks off e-mails that are under way."""


def _settings() -> dict[str, dict[str, str]]:
    return time_scale.settings(sms_per_second=120, mails_per_second=40)


class _Chaos:
    """The run after the import of the members."""

    def __init__(
        self, request: RunRequest, stack: Stack, settings: dict[str, dict[str, str]], scenario: Scenario, stages: Stages
    ) -> None:
        self._request, self._stack, self._scenario, self._stages = request, stack, scenario, stages
        self._disruptor = Disruptor(stack, settings)
        self._campaigns = Campaigns(stack, scenario)
        self._traffic = EventsAndReplies(stack, scenario.organiser, request.seed)
        self._faults = FaultInjection(SandboxClient(stack), request.seed)
        self._stops = UnionStops(scenario.organiser)
        self._roll_changes = RollChanges(stack, scenario.organiser, scenario.roll, request.seed)
        self._incidents = Incidents(
            stack, self._disruptor, self._faults, self._campaigns, self._traffic, self._stops, self._roll_changes
        )
        self._ids = Ids(stack.secrets["ID_SECRET"].encode())

    async def carry_out(self) -> Figures:
        async with asyncio.TaskGroup() as group:  # the run fails if `keep` does
            keeping = group.create_task(self._disruptor.keep())
            await self._disrupt()
            drain_seconds = await self._drain()
            keeping.cancel()
        with self._stages.stage("judge: read audience, ledgers, journal", 1):
            return await self._measure(drain_seconds)

    async def _disrupt(self) -> None:
        with self._stages.stage("kill, stall, scale, under faults", self._request.kills) as bar:
            await self._campaigns.launch()
            meanwhile = [self._campaigns.keep_busy(), self._traffic.run(), self._faults.run()]
            await _until_done(self._carry_out_disruptions(bar), meanwhile)

    async def _carry_out_disruptions(self, bar: Bar) -> None:
        hits, request = self._disruptor.hits, self._request
        incidents = plan(request.seed, request.incidents, request.kills)
        schedule = disruptions(
            request.seed, pace_seconds=request.pace_seconds, longest_pause_seconds=time_scale.LONGEST_STOP
        )
        async with asyncio.TaskGroup() as beside:
            for timed in schedule:
                while incidents and hits.kills.total() >= incidents[0].after:
                    await self._incidents.carry_out(incidents.pop(0).incident, beside)
                if hits.kills.total() >= request.kills:
                    return
                await asyncio.sleep(timed.wait_seconds)
                await self._disruptor.carry_out(timed.disruption)
                bar.at(min(hits.kills.total(), request.kills), note=f"{hits.pauses.total()} stalls")

    async def _drain(self) -> float:
        """Seconds from the last disruption until nothing is under way. What is held is then decided by an operator."""
        with self._stages.stage("calm down, drain, decide what is held", 1):
            await self._faults.remove()
            await self._disruptor.disarm()
            since = time.monotonic()
            await self._disruptor.calm()
            await self._faults.remove()  # the sandbox may have been down
            await until(self._campaigns.over, bool, within=_DRAIN_SECONDS, what="every delivery at an end", every=1.0)
            with suppress(Failed):  # the judge says what is missing
                await until(self._all_taken, bool, within=_TAKEN_WITHIN, what="every text taken", every=2.0)
            found = await self._agree(holding=True)
            drained = time.monotonic() - since
            self._held = await self._hold()
            self._share = self._shared(found)
            if self._held.by_channel:
                await self._decide()
                await self._agree(holding=False)
        return drained

    async def _all_taken(self) -> bool:
        """Whether what members texted is in force and recorded, also what was found in the carrier's list."""
        answers = await measurements.texted_answers(self._stack, self._ids)
        return not answers.lost and not (await opt_outs(self._stack, self._ids)).ignored

    async def _agree(self, *, holding: bool) -> Evidence:
        """Wait until the sets agree, or until time is up: next channels and receipts may still be under way. The wait
        grows, since reading all of it takes the machine seconds that the drain needs."""
        deadline, wait = time.monotonic() + _DRAIN_SECONDS, 1.0
        while True:
            found = await evidence.gather(self._stack)
            verdict = judge(found, self._ids.delivery)
            open_ones = set(verdict.states) & {"requested", "sending", "in_doubt"}
            done = verdict.holds or (holding and not open_ones and await self._only_held(verdict))
            if done or time.monotonic() > deadline:
                return found
            await asyncio.sleep(wait)
            wait = min(2 * wait, 5.0)

    async def _hold(self) -> held_emails.Held:
        return await held_emails.held(self._stack, self._disruptor.hits.moments)

    def _shared(self, found: Evidence) -> acceptance_share.Share:
        """At the end of the drain."""
        journal = self._stack.journal
        refused, faults = list(REFUSED.lines(journal)), list(FAULTS.lines(journal))
        campaigns = len(self._campaigns.launched)
        inbound, erased = list(INBOUND.lines(journal)), self._roll_changes.erased
        grounds = acceptance_share.grounds(self._scenario.roll, campaigns, inbound, faults, erased=erased)
        planned = judge(found, self._ids.delivery).sizes["planned"]
        struck = acceptance_share.struck_for_good(refused, faults)
        hits = sum(kind in _BREAK_OFF for kind, _ in self._disruptor.hits.moments)
        struck |= set(self._held.broken_off(hits))
        return acceptance_share.share_of(planned, found.ledgers, struck, grounds)

    async def _only_held(self, verdict: Verdict) -> bool:
        waiting = verdict.faults.get("neither skipped, rejected nor accepted", ())
        return len(waiting) == verdict.states.get("held", 0) and await self._campaigns.over()

    async def _decide(self) -> None:
        operator = HeldMailOperator(self._stack, self._scenario.organiser)

        async def none_held() -> int:
            await operator.once()
            left = await self._hold()
            return left.by_channel.get("email", 0) if await self._campaigns.over() else -1

        await until(none_held, lambda left: left == 0, within=_DRAIN_SECONDS, what="held e-mails decided", every=1.0)

    async def _measure(self, drain_seconds: float) -> Figures:
        found = await settled(self._stack)
        verdict = judge(found, self._ids.delivery)
        hits: Hits = self._disruptor.hits
        lost, repeated = measurements.losses(verdict)
        return Figures(
            seed=self._request.seed,
            asked=self._request.asked(),
            settings=_settings(),
            campaigns=len(self._campaigns.launched),
            kills=dict(hits.kills),
            stalls=dict(hits.pauses),
            scalings=hits.scalings,
            incident_seconds=self._incidents.seconds,
            erased=self._roll_changes.erased,
            imported=self._roll_changes.imported,
            fell=dict(hits.fell),
            gave_up=dict(hits.gave_up),
            failpoints_hit=measurements.reached(self._stack),
            faults_hit=measurements.injected_faults(self._stack),
            planned=verdict.sizes["planned"],
            accepted=verdict.sizes["accepted"],
            share=self._share,
            states=dict(verdict.states),
            lost=lost,
            duplicates=repeated,
            faults=[*verdict.sentences(), *measurements.vanished(self._campaigns.launched, found)],
            lost_events=await measurements.lost_events(self._stack, self._traffic),
            events=len(self._traffic.meetings) + len(self._traffic.joined),
            answers=await measurements.texted_answers(self._stack, self._ids),
            opt_outs=await opt_outs(self._stack, self._ids),
            accepted_in_stops=accepted_in_stops(self._stack.journal, self._stops.past),
            in_doubt=await measurements.doubts(self._stack, datetime.now(UTC)),
            held=self._held,
            drain_seconds=round(drain_seconds, 1),
            stages=dict(self._stages.seconds),
        )


async def _until_done(main: Coroutine[None, None, None], others: list[Coroutine[None, None, None]]) -> None:
    """Run the others while the main one runs; a failure of any ends all."""
    async with asyncio.TaskGroup() as group:
        beside = [group.create_task(other) for other in others]
        await group.create_task(main)
        for task in beside:
            task.cancel()
