"""What is measured after a run: losses, repeats, doubts and how they ended."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

import orjson
from contracts.enums import Intent
from contracts.ids import Ids
from contracts.keywords import intent_of
from contracts.topics import UNION_EVENTS
from local_stack.stack import Stack
from muster_chaos.traffic.events_and_replies import EventsAndReplies
from muster_demo import evidence
from muster_demo.judge import Evidence, Verdict
from sandbox.journal.lines import FAULTS, INBOUND, OUTCOMES

_DOUBTED = "SELECT delivery_id, state, passed FROM deliveries"
_LOSSES = (
    "planned but in no ledger",
    "neither skipped, rejected nor accepted",
    "accepted, but not in the journal",
    "in the journal, but not accepted",
)
_REPEATS = "more than once in the journal"
_MEMBERS = "SELECT membership_number FROM members WHERE membership_number LIKE 'LU-CHAOS-%'"
_ANSWERS = "SELECT reply_id FROM answers WHERE channel = 'sms'"


class Step(NamedTuple):
    """One entry of a delivery's history."""

    rev: int
    state: str
    gen: int
    at: str
    by: str = ""


@dataclass
class Doubts:
    """Deliveries that were in doubt: how many, how each doubt ended, how many are open and for how long."""

    opened: int = 0
    resolved: dict[str, int] = field(default_factory=dict)
    open: int = 0
    oldest_seconds: float = 0.0


async def doubts(stack: Stack, now: datetime) -> Doubts:
    """Of both ledgers, from the states that every row has passed through."""
    found, oldest = Doubts(), now
    for service in ("dispatch-sms", "dispatch-email"):
        for row in await evidence.rows(stack, service, _DOUBTED):
            passed = [Step(*step[:5]) for step in orjson.loads(row["passed"])]
            for place, step in enumerate(passed):
                if step.state != "in_doubt":
                    continue
                found.opened += 1
                if place + 1 < len(passed):
                    ending = _ending(passed[place + 1])
                    found.resolved[ending] = found.resolved.get(ending, 0) + 1
                else:
                    found.open += 1
                    oldest = min(oldest, datetime.fromisoformat(step.at))
    found.oldest_seconds = (now - oldest).total_seconds() if found.open else 0.0
    return found


def _ending(step: Step) -> str:
    """How a doubt ended, by the state that followed it."""
    endings = {"requested": "sent again after two looks", "held": "given to a person"}
    return endings.get(step.state, f"found to be there by {step.by}")


def vanished(launched: Iterable[str], found: Evidence) -> list[str]:
    """Campaigns whose launch was answered and which have no frozen audience: what was planned is read from it, so that
    no other check would notice."""
    known = {str(member.campaign_id) for member in found.audience}
    return [f"campaign {campaign} was launched and has no audience" for campaign in launched if campaign not in known]


def losses(verdict: Verdict) -> tuple[int, int]:
    """(lost, repeated) deliveries."""
    lost = {found for fault in _LOSSES for found in verdict.faults.get(fault, ())}
    return len(lost), len(verdict.faults.get(_REPEATS, ()))


async def lost_events(stack: Stack, life: EventsAndReplies) -> list[str]:
    """Events that were answered with a 2xx and are missing, or on the topic under two ids."""
    published = Counter[str]()
    ids = set[tuple[str, str]]()
    for value in await evidence.values(stack, UNION_EVENTS):
        envelope = orjson.loads(value)
        meeting = envelope["data"].get("meeting_id")
        if meeting and (meeting, envelope["id"]) not in ids:
            ids.add((meeting, envelope["id"]))
            published[meeting] += 1
    stored = {row["membership_number"] for row in await evidence.rows(stack, "members", _MEMBERS)}
    lost = [f"meeting {name}" for name in life.meetings if published[name] != 1]
    return lost + [f"member {number}" for number in life.joined - stored]


@dataclass(frozen=True, slots=True)
class TextedAnswers:
    """Texts that members sent as answers: `taken` with a 2xx by webhook or else found in the list, recorded by the
    ballot, and what does not agree."""

    taken: int
    listed: int
    recorded: int
    lost: int
    invented: int


async def texted_answers(stack: Stack, ids: Ids) -> TextedAnswers:
    """By set of reply ids: all that was sent is to be recorded, and nothing that was never sent."""
    sent = {
        line["reference"]: ids.event("reply", "sms", line["reference"])
        for line in INBOUND.lines(stack.journal)
        if intent_of(line["body"], provider_keywords=False) is Intent.ANSWER
    }
    taken = {sent[reference] for reference in taken_by_webhook(stack) if reference in sent}
    recorded = {row["reply_id"] for row in await evidence.rows(stack, "ballot", _ANSWERS)}
    everything = set(sent.values())
    return TextedAnswers(
        len(taken), len(recorded - taken), len(recorded), len(everything - recorded), len(recorded - everything)
    )


def taken_by_webhook(stack: Stack) -> dict[str, datetime]:
    """When the webhook of each inbound text was answered with a 2xx, by the text's reference."""
    return {
        line["reference"]: datetime.fromisoformat(line["at"])
        for line in OUTCOMES.lines(stack.journal)
        if line["status"] and 200 <= line["status"] < 300
    }


def reached(stack: Stack) -> dict[str, int]:
    """How often each failpoint was hit."""
    log = stack.root / "state" / "failpoints.log"
    return dict(sorted(Counter(log.read_text().split()).items())) if log.exists() else {}


def injected_faults(stack: Stack) -> dict[str, int]:
    """How often each of the providers' faults was injected, from the sandbox's journal."""
    return dict(sorted(Counter(line["kind"] for line in FAULTS.lines(stack.journal)).items()))


def as_json(found: object) -> bytes:
    """Readable JSON."""
    return orjson.dumps(found, default=str, option=orjson.OPT_INDENT_2)  # the driver has a UUID of its own
