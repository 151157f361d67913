"""What a member agreed to: a log of evidence, of which the latest word counts.

A withdrawal wins over a grant of the same moment. Nothing is ever taken out of the log, and what is older than the
present word changes nothing: that is why an old roll cannot undo a STOP.
"""

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
    """One word of a member about one channel and purpose."""

    consent_id: UUID
    channel: str
    purpose: str
    granted: bool
    source: str
    wording_version: str
    at: datetime

    @classmethod
    def new(cls, channel: str, purpose: str, *, granted: bool, source: str, wording_version: str, at: datetime) -> Self:
        """Evidence that came in by form, roll or event."""
        return cls(uuid4(), channel, purpose, granted, source, wording_version, at)


def _rank(word: Evidence) -> tuple[datetime, bool]:
    return word.at, not word.granted


def current(log: Iterable[Evidence]) -> dict[tuple[str, str], Evidence]:
    """The word that counts for each channel and purpose."""
    latest: dict[tuple[str, str], Evidence] = {}
    for word in log:
        key = word.channel, word.purpose
        if key not in latest or _rank(word) > _rank(latest[key]):
            latest[key] = word
    return latest


def heard(log: Sequence[Evidence], words: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """The log with the words that change what counts, or that renew it; the others are left out."""
    latest, added = current(log), list[Evidence]()
    for word in words:
        key = word.channel, word.purpose
        if key not in latest or _rank(word) > _rank(latest[key]):
            latest[key] = word
            added.append(word)
    return (*log, *added)


def of_reply(log: Sequence[Evidence], reply: ReplyReceived, member_id: UUID, ids: Ids) -> list[Evidence]:
    """What a STOP or START says: a STOP withdraws every purpose, a START gives back what a STOP took."""
    granted = reply.intent == Intent.START
    before = _given_before_stop(log, reply.channel) if granted else dict.fromkeys(Purpose, "")
    return [
        Evidence(
            consent_id=ids.event("consent", reply.reply_id, member_id, reply.channel, purpose),
            channel=reply.channel,
            purpose=purpose,
            granted=granted,
            source=FROM_REPLY,
            wording_version=wording or "keyword",
            at=reply.received_at,
        )
        for purpose, wording in before.items()
    ]


def _given_before_stop(log: Sequence[Evidence], channel: str) -> dict[str, str]:
    """Purposes now withdrawn by a reply that had been granted, with the wording then agreed to."""
    stopped = [
        word
        for word in current(log).values()
        if word.channel == channel and not word.granted and word.source == FROM_REPLY
    ]
    given: dict[str, str] = {}
    for stop in stopped:
        earlier = [
            word
            for word in log
            if (word.channel, word.purpose) == (channel, stop.purpose)
            and word.at <= stop.at
            and not (word.source == FROM_REPLY and not word.granted)
        ]
        last = max(earlier, key=_rank, default=None)
        if last is not None and last.granted:
            given[stop.purpose] = last.wording_version
    return given
