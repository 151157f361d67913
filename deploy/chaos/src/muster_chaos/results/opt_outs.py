"""The STOPs that members texted, and whether each of them had its effect."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

from contracts.enums import Intent
from contracts.ids import Ids
from contracts.keywords import intent_of
from local_stack.stack import Stack
from muster_chaos.results.forbidden_messages import LateAccept, Message, after_opt_outs
from muster_chaos.results.measurements import taken_by_webhook
from muster_demo import evidence
from sandbox.journal.lines import FAULTS, INBOUND, SMS

_TAKEN = "SELECT reply_id, at FROM replies_taken"
StopText = TypedDict("StopText", {"reference": str, "from": str, "body": str})
"""What is read of sandbox.journal.lines.InboundText."""


@dataclass(frozen=True, slots=True)
class OptOuts:
    """STOPs that a webhook took and that were found in the carrier's list; those that nobody took, and texts that went
    to their numbers all the same, as sentences."""

    by_webhook: int = 0
    listed: int = 0
    ignored: Sequence[str] = ()
    overstepped: Sequence[str] = ()

    @property
    def faults(self) -> list[str]:
        """As sentences."""
        return [*self.ignored, *self.overstepped]


async def opt_outs(stack: Stack, ids: Ids) -> OptOuts:
    """By the carrier's journal. Only when a listed text was taken is the dispatcher's word."""
    journal = stack.journal
    noted = {row["reply_id"]: row["at"] for row in await evidence.rows(stack, "dispatch-sms", _TAKEN)}
    inbound = list(INBOUND.lines(journal))
    reply_ids = {line["reference"]: ids.event("reply", "sms", line["reference"]) for line in inbound}
    taken = {name: stack.clock.real(noted[reply]) for name, reply in reply_ids.items() if reply in noted}
    return judge(inbound, taken_by_webhook(stack), taken, SMS.lines(journal), FAULTS.lines(journal))


def judge(
    inbound: Iterable[StopText],
    by_webhook: Mapping[str, datetime],
    taken: Mapping[str, datetime],
    texts: Iterable[Message],
    faults: Iterable[LateAccept],
) -> OptOuts:
    """Every STOP is to be taken, and no text to go to its number afterwards. `by_webhook` and `taken` say when, by the
    text's reference."""
    stops = [line for line in inbound if intent_of(line["body"], provider_keywords=False) is Intent.STOP]
    ignored = [f"the STOP {line['reference']} was never taken" for line in stops if line["reference"] not in taken]
    since = dict[str, datetime]()
    for line in stops:
        at = by_webhook.get(line["reference"]) or taken.get(line["reference"])
        if at is not None:
            since[line["from"]] = min(at, since.get(line["from"], at))
    answered = sum(line["reference"] in by_webhook for line in stops)
    listed = len(stops) - len(ignored) - answered
    return OptOuts(answered, listed, ignored, after_opt_outs(texts, faults, since))
