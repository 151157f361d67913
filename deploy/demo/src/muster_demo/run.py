"""One run of the main job on a stack of its own: carried out, judged, reported."""

import secrets
import shutil
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import orjson
from contracts.ids import Ids
from local_stack.processes import Failed
from local_stack.services import next_weekday_noon
from local_stack.stack import Stack
from muster_demo import evidence, report
from muster_demo.judge import Answers, Evidence, Verdict, judge
from muster_demo.membership_roll import make_roll
from muster_demo.report import Figures
from muster_demo.scenario import Scenario
from muster_demo.staff import Staff, until
from muster_demo.stages import Stages
from rich.console import Console

_RATES = {"SMS_RATE_PER_SECOND": "300", "EMAIL_RATE_PER_SECOND": "150"}
_PATIENT_CALLS = {"IN_FLIGHT": "64", "CALL_TIMEOUT_SECONDS": "60", "DEADLINE_SECONDS": "120"}
"""Carrier and services share one machine: a call waits for an answer rather than ending in doubt."""
SETTINGS = {
    "segmenter": {**_RATES, "APPROVAL_ABOVE": "100", "BOUNCE_MINUTES": "0.25"},
    "dispatch-sms": {**_RATES, **_PATIENT_CALLS},
    "dispatch-email": {**_RATES, "IN_FLIGHT": "32", "SMTP_RETRY_SECONDS": "5"},
    "ballot": {"COUNT_GRACE_SECONDS": "15"},
}
"""A higher rate than most carriers', and a few shorter waits."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to."""

    figures: Figures
    verdict: Verdict
    answers: Answers


def fresh_stack(root: Path, jars: Path) -> Stack:
    """A stack without the data of an earlier run, whose clock begins at noon of a working day."""
    shutil.rmtree(root, ignore_errors=True)
    return Stack(root, jars, clock_start=next_weekday_noon(datetime.now(UTC)), settings=SETTINGS)


async def run(stack: Stack, members: int, console: Console, since: float) -> Outcome:
    """The main job on a running stack. `since` is the monotonic time from which its duration counts."""
    roll = make_roll(members)
    with Stages(console) as stages:
        stages.seconds["start the stack"] = time.monotonic() - since
        async with (
            Staff(stack, "organiser", secrets.token_hex(32)) as organiser,
            Staff(stack, "branch-secretary", secrets.token_hex(32)) as approver,
        ):
            scenario = Scenario(stack, roll, stages, organiser, approver)
            await scenario.carry_out()
        with stages.stage("judge: read audience, ledgers, journal", 1):
            found = await settled(stack)
            verdict = judge(found, Ids(stack.secrets["ID_SECRET"].encode()).delivery)
            answers = _answers(scenario, stack)
    if stack.crashed():
        raise Failed(f"ended by themselves: {', '.join(stack.crashed())}; see {stack.logs}")
    figures = report.figures(scenario, found, verdict, answers, time.monotonic() - since)
    (stack.root.parent / "demo.json").write_bytes(orjson.dumps(figures, option=orjson.OPT_INDENT_2))
    return Outcome(figures, verdict, answers)


async def settled(stack: Stack, within: float = 60.0) -> Evidence:
    """The evidence, once the last state of every delivery is published: receipts may still be under way."""

    def ready(found: Evidence) -> bool:
        return all(found.published.get(delivery) == row.state for delivery, row in found.ledgers)

    try:
        return await until(lambda: evidence.gather(stack), ready, within=within, what="publication", every=1.0)
    except Failed:
        return await evidence.gather(stack)


def _answers(scenario: Scenario, stack: Stack) -> Answers:
    result = scenario.facts["result"]
    statuses = ("counted", "superseded", "unmatched", "set_aside", "late", "early", "not_on_roll", "test")
    sent = evidence.answers_sent(stack.journal) + scenario.link_answers
    return Answers(sent, {status: result[status] for status in statuses if result.get(status)})
