"""One run of the main job on a stack of its own: told, judged, reported."""

import secrets
import shutil
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
from contracts.ids import Ids
from local_stack.processes import Failed
from local_stack.services import next_weekday_noon
from local_stack.stack import Stack
from muster_demo import evidence, report
from muster_demo.judge import Answers, Evidence, Verdict, judge
from muster_demo.membership_roll import make_roll
from muster_demo.scenario import Scenario
from muster_demo.staff import Staff, until
from muster_demo.stages import Stages
from rich.console import Console

_RATES = {"SMS_RATE_PER_SECOND": "300", "EMAIL_RATE_PER_SECOND": "150"}
_NO_MORE_AT_ONCE = {"IN_FLIGHT": "64", "CALL_TIMEOUT_SECONDS": "60", "DEADLINE_SECONDS": "120"}
"""One machine is carrier and union at once: a call waits for it rather than being given up and in doubt."""
SETTINGS = {
    "segmenter": {**_RATES, "APPROVAL_ABOVE": "100", "BOUNCE_MINUTES": "0.25"},
    "dispatch-sms": {**_RATES, **_NO_MORE_AT_ONCE},
    "dispatch-email": {**_RATES, "IN_FLIGHT": "32", "SMTP_RETRY_SECONDS": "5"},
    "ballot": {"COUNT_GRACE_SECONDS": "15"},
}
"""A carrier that takes more than most, and a few waits shortened that only patience needs."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it."""

    figures: dict[str, Any]
    verdict: Verdict
    answers: Answers


def fresh_stack(root: Path, jars: Path) -> Stack:
    """A stack without yesterday's data, whose clock begins at noon of a working day."""
    shutil.rmtree(root, ignore_errors=True)
    return Stack(root, jars, clock_start=next_weekday_noon(datetime.now(UTC)), settings=SETTINGS)


async def run(stack: Stack, members: int, console: Console, since: float) -> Outcome:
    """The main job on a running stack. `since` is the monotonic moment from which wall time counts."""
    roll = make_roll(members)
    with Stages(console) as stages:
        stages.seconds["start the stack"] = time.monotonic() - since
        async with (
            Staff(stack, "organiser", secrets.token_hex(32)) as organiser,
            Staff(stack, "branch-secretary", secrets.token_hex(32)) as approver,
        ):
            story = Scenario(stack, roll, stages, organiser, approver)
            await story.tell()
        with stages.stage("judge: read audience, ledgers, journal", 1):
            found = await settled(stack)
            verdict = judge(found, Ids(stack.secrets["ID_SECRET"].encode()).delivery)
            answers = _answers(story, stack)
    if stack.crashed():
        raise Failed(f"ended without being asked to: {', '.join(stack.crashed())}; see {stack.logs}")
    figures = report.figures(story, found, verdict, answers, time.monotonic() - since)
    (stack.root.parent / "demo.json").write_bytes(orjson.dumps(figures, option=orjson.OPT_INDENT_2))
    return Outcome(figures, verdict, answers)


async def settled(stack: Stack, within: float = 60.0) -> Evidence:
    """The evidence once every ledger's word has been published: the last receipts may still be on their way."""

    def ready(found: Evidence) -> bool:
        return all(found.published.get(delivery) == row.state for delivery, row in found.ledgers)

    try:
        return await until(lambda: evidence.gather(stack), ready, within=within, what="publication", every=1.0)
    except Failed:
        return await evidence.gather(stack)


def _answers(story: Scenario, stack: Stack) -> Answers:
    result = story.facts["result"]
    statuses = ("counted", "superseded", "unmatched", "set_aside", "late", "early", "not_on_roll", "test")
    sent = evidence.answers_sent(stack.journal) + story.link_answers
    return Answers(sent, {status: result[status] for status in statuses if result.get(status)})
