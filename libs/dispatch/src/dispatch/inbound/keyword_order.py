"""Which of a STOP and a START counts when the provider's list brings one late.

A listed text has the provider's sending time, in whole seconds; one by webhook has the time of its arrival. So a START
lifts a STOP only if it is later by more than a minute, or the provider lists it after that STOP. A tie is a STOP.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from contracts.enums import Intent

MARGIN = timedelta(seconds=60)
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Keyword:
    """A STOP or START as the provider lists it."""

    reply_id: UUID
    intent: Intent
    at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """The latest word about an address so far, and which text its STOP was, if it was one."""

    since: datetime
    lifted_at: datetime | None
    source: str
    reply_id: UUID | None


@dataclass(frozen=True, slots=True)
class Ruling:
    """The last keyword of the list, whether it counts, and the time from which every reader concludes the same."""

    last: Keyword
    counts: bool
    at: datetime


def ruling(standing: Standing | None, listed: Sequence[Keyword]) -> Ruling:
    """`listed` are all keywords of one address that the list holds, also those taken already."""
    last = max(listed, key=lambda keyword: (keyword.at, keyword.intent is Intent.STOP))
    if standing is None:
        return Ruling(last, True, last.at)
    if last.intent is Intent.STOP:
        lifted_at = standing.lifted_at or last.at
        counts = lifted_at <= last.at + MARGIN
        return Ruling(last, counts, max(last.at, lifted_at) if counts else last.at)
    if standing.lifted_at is not None or last.at > standing.since + MARGIN:
        return Ruling(last, True, last.at)
    if standing.reply_id in {each.reply_id for each in listed if each.at < last.at}:
        return Ruling(last, True, max(last.at, standing.since + _TICK))
    return Ruling(last, False, min(last.at, standing.since))


def waits_for_the_list(standing: Standing | None, start: datetime) -> bool:
    """Whether a START by webhook is too close to a STOP from the list for anybody but the provider to order them."""
    return (
        standing is not None
        and standing.lifted_at is None
        and standing.source == LISTED
        and start <= standing.since + MARGIN
    )


LISTED = "listed"
"""The source of a STOP that the list brought."""
