"""Messages that were accepted although they were forbidden, by the sandbox's journal: any after a confirmed stop, and
texts to a number after its STOP.

A text whose acceptance the carrier delayed (the fault `sms.late-accept`) counts from the moment it had the request.
What confirms a STOP is an answer to a webhook, which is no line of these files.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypedDict

from muster_chaos.time_scale import OPT_OUT_REACH, STOP_REACH
from sandbox.journal.lines import EMAIL, FAULTS, SMS


class Message(TypedDict):
    """What is read of sandbox.journal.lines.SentText and AcceptedMail."""

    delivery_id: str | None
    to: str
    at: str


class LateAccept(TypedDict):
    """What is read of sandbox.journal.lines.FaultHit."""

    kind: str
    delivery_id: str | None
    at: str


@dataclass(frozen=True, slots=True)
class Stop:
    """A stop of all sending: confirmed by every dispatcher, and the moment before it was lifted."""

    confirmed_at: datetime
    lifted_at: datetime


def accepted_in_stops(journal: Path, stops: Sequence[Stop]) -> list[str]:
    """Texts and e-mails of a whole run."""
    messages: list[Message] = [*SMS.lines(journal), *EMAIL.lines(journal)]
    return after_stops(messages, FAULTS.lines(journal), stops)


def after_stops(messages: Iterable[Message], faults: Iterable[LateAccept], stops: Sequence[Stop]) -> list[str]:
    """Messages accepted later than STOP_REACH after a confirmed stop and before it was lifted, as sentences."""
    late, reach = _late_accepts(faults), timedelta(seconds=STOP_REACH)
    return [
        f"{message['delivery_id']} accepted {at - stop.confirmed_at} after a confirmed stop"
        for message in messages
        for stop in stops
        if stop.confirmed_at + reach < (at := _begun(message, late)) < stop.lifted_at
    ]


def after_opt_outs(
    texts: Iterable[Message], faults: Iterable[LateAccept], opt_outs: Mapping[str, datetime]
) -> list[str]:
    """Texts accepted later than OPT_OUT_REACH after the first STOP from their number was taken, as sentences. In a run
    nobody texts START."""
    late, reach = _late_accepts(faults), timedelta(seconds=OPT_OUT_REACH)
    return [
        f"{text['delivery_id']} accepted {at - opt_outs[text['to']]} after the STOP of its number"
        for text in texts
        if text["to"] in opt_outs and (at := _begun(text, late)) > opt_outs[text["to"]] + reach
    ]


def _late_accepts(faults: Iterable[LateAccept]) -> dict[str | None, list[datetime]]:
    found: dict[str | None, list[datetime]] = {}
    for fault in faults:
        if fault["kind"] == "sms.late-accept":
            found.setdefault(fault["delivery_id"], []).append(datetime.fromisoformat(fault["at"]))
    return found


def _begun(message: Message, late: Mapping[str | None, Sequence[datetime]]) -> datetime:
    """When the carrier had the request."""
    at = datetime.fromisoformat(message["at"])
    return max((hit for hit in late.get(message["delivery_id"], ()) if hit <= at), default=at)
