"""What a member agreed to: a log of evidence, of which the latest word counts.

A withdrawal wins over a grant of the same moment. Nothing is ever taken out of the log, and what is older than the
present word changes nothing: that is why an old roll cannot undo a STOP.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self
from uuid import UUID, uuid4

from contracts.enums import Intent, Purpose
from contracts.ids import Ids
from contracts.replies import ReplyReceived

FROM_REPLY = "reply"
KEYWORD = "keyword"
"""The wording of a STOP, and of a START that had nothing to give back: that one speaks of no purpose, and waits for a
STOP that was received before it."""
USUAL = (Purpose.SERVICE, Purpose.CAMPAIGN, Purpose.BALLOT_NOTICE, Purpose.SURVEY, Purpose.EMERGENCY)
"""What a plain 'yes' on a form covers; election and political messages must be named."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One word of a member about one channel, for one purpose or several; for none, a START that waits."""

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


def after_reply(log: Sequence[Evidence], reply: ReplyReceived, member_id: UUID, ids: Ids) -> tuple[Evidence, ...]:
    """The log after a STOP or START: a STOP withdraws every purpose, a START gives back what a STOP took.

    What they come to depends on when they were received, not on the order in which they are heard: a STOP under the
    member's key and a START under the address's travel apart.
    """

    def word(wording: str, purposes: Iterable[str], *, granted: bool) -> Evidence:
        said = ids.event("consent", reply.reply_id, member_id, wording)
        return Evidence(said, reply.channel, tuple(purposes), granted, FROM_REPLY, wording, reply.received_at)

    if reply.intent == Intent.START:
        given = _given_before_stop(log, reply.channel)
        after = heard(log, [word(wording, purposes, granted=True) for wording, purposes in given.items()])
        if after == tuple(log) and _is_latest_reply(log, reply):
            return (*log, word(KEYWORD, (), granted=True))
        return after
    after = heard(log, [word(KEYWORD, Purpose, granted=False)])
    start = _start_after(log, reply)
    if start is None or after == tuple(log):
        return after
    given = _given_before_stop(after, reply.channel)
    return heard(after, [_again(start, reply, wording, purposes, ids) for wording, purposes in given.items()])


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


def _again(start: Evidence, stop: ReplyReceived, wording: str, purposes: Iterable[str], ids: Ids) -> Evidence:
    """What a START gives back of a STOP that came before it and is heard only now."""
    said = ids.event("consent", start.consent_id, stop.reply_id, wording)
    return replace(start, consent_id=said, purposes=tuple(purposes), wording_version=wording)


def _is_latest_reply(log: Iterable[Evidence], reply: ReplyReceived) -> bool:
    said = [word.at for word in log if word.source == FROM_REPLY and word.channel == reply.channel]
    return not said or reply.received_at > max(said)


def _start_after(log: Iterable[Evidence], stop: ReplyReceived) -> Evidence | None:
    """The last START on the channel, if it is later than the STOP."""
    starts = [word for word in log if word.source == FROM_REPLY and word.granted and word.channel == stop.channel]
    last = max(starts, key=lambda word: word.at, default=None)
    return last if last is not None and last.at > stop.received_at else None


def _is_stop(word: Evidence) -> bool:
    return word.source == FROM_REPLY and not word.granted
