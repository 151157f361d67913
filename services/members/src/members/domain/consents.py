"""What a member agreed to: a log of evidence, of which the latest word counts.

A withdrawal wins over a grant of the same moment. Nothing is ever taken out of the log, and what is older than the
present word changes nothing: that is why an old roll cannot undo a STOP.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self
from uuid import UUID, uuid4

from contracts.ids import Ids
from contracts.replies import ReplyReceived
from contracts.vocabulary import Intent, Purpose

FROM_REPLY = "reply"
USUAL = (Purpose.SERVICE, Purpose.CAMPAIGN, Purpose.BALLOT_NOTICE, Purpose.SURVEY, Purpose.EMERGENCY)
"""What a plain 'yes' on a form covers; election and political messages must be named."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One word of a member about one channel, for one purpose or several."""

    consent_id: UUID
    channel: str
    purposes: tuple[str, ...]
    granted: bool
    source: str
    wording_version: str
    at: datetime

    @classmethod
    def new(
        cls, channel: str, purposes: Iterable[str], *, granted: bool, source: str, wording_version: str, at: datetime
    ) -> Self:
        """Evidence that came in by form, roll or event."""
        return cls(uuid4(), channel, tuple(dict.fromkeys(purposes)), granted, source, wording_version, at)


Standing = dict[tuple[str, str], Evidence]
"""The word that counts, by channel and purpose."""


def _rank(word: Evidence) -> tuple[datetime, bool]:
    return word.at, not word.granted


def current(log: Iterable[Evidence]) -> Standing:
    """The word that counts for each channel and purpose."""
    latest: Standing = {}
    for word in log:
        _counts(latest, word)
    return latest


def _counts(latest: Standing, word: Evidence) -> bool:
    """Whether the word counts for one of its purposes; where it does, it is noted."""
    won = False
    for purpose in word.purposes:
        present = latest.get((word.channel, purpose))
        if present is None or _rank(word) > _rank(present):
            latest[word.channel, purpose] = word
            won = True
    return won


def heard(log: Sequence[Evidence], words: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """The log with the words that change what counts, or that renew it; the others are left out."""
    latest = current(log)
    return (*log, *(word for word in words if _counts(latest, word)))


def of_reply(log: Sequence[Evidence], reply: ReplyReceived, member_id: UUID, ids: Ids) -> list[Evidence]:
    """What a STOP or START says: a STOP withdraws every purpose, a START gives back what a STOP took."""
    granted = reply.intent == Intent.START
    said = _given_before_stop(log, reply.channel) if granted else {"keyword": list(Purpose)}
    return [
        Evidence(
            consent_id=ids.event("consent", reply.reply_id, member_id, wording),
            channel=reply.channel,
            purposes=tuple(purposes),
            granted=granted,
            source=FROM_REPLY,
            wording_version=wording,
            at=reply.received_at,
        )
        for wording, purposes in said.items()
    ]


def _given_before_stop(log: Sequence[Evidence], channel: str) -> dict[str, list[str]]:
    """Purposes now withdrawn by a reply that had been granted, by the wording then agreed to."""
    given: dict[str, list[str]] = defaultdict(list)
    for (of, purpose), stop in current(log).items():
        if of != channel or not _is_stop(stop):
            continue
        before = current(word for word in log if word.at <= stop.at and not _is_stop(word))
        last = before.get((channel, purpose))
        if last is not None and last.granted:
            given[last.wording_version].append(purpose)
    return given


def _is_stop(word: Evidence) -> bool:
    return word.source == FROM_REPLY and not word.granted
