"""Replies STOP and START as evidence of consent: STOP withdraws every purpose, START restores what a STOP withdrew."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from uuid import UUID

from contracts.enums import Intent, Purpose
from contracts.events.replies import ReplyReceived
from contracts.ids import Ids
from members.domain.members.consents import Evidence, current, extended

SOURCE = "reply"
KEYWORD = "keyword"
"""The wording version of a STOP, and of a START that had nothing to restore: its evidence names no purpose, and applies
to a STOP that was received before it and is consumed after it."""


def after_reply(log: Sequence[Evidence], reply: ReplyReceived, member_id: UUID, ids: Ids) -> tuple[Evidence, ...]:
    """The log after a STOP or START.

    The result depends on when replies were received, not on the order in which they are consumed: a STOP has the
    member's key in Kafka, a START the address's, so that they may lie in two partitions.
    """

    def evidence(wording: str, purposes: Iterable[str], *, granted: bool) -> Evidence:
        consent_id = ids.event("consent", reply.reply_id, member_id, wording)
        return Evidence(consent_id, reply.channel, tuple(purposes), granted, SOURCE, wording, reply.received_at)

    if reply.intent == Intent.START:
        restorable = _granted_before_stop(log, reply.channel)
        after = extended(log, [evidence(wording, purposes, granted=True) for wording, purposes in restorable.items()])
        if after == tuple(log) and _is_latest_reply(log, reply):
            return (*log, evidence(KEYWORD, (), granted=True))
        return after
    after = extended(log, [evidence(KEYWORD, Purpose, granted=False)])
    start = _start_after(log, reply)
    if start is None or after == tuple(log):
        return after
    restorable = _granted_before_stop(after, reply.channel)
    return extended(
        after, [_restored(start, reply, wording, purposes, ids) for wording, purposes in restorable.items()]
    )


def _granted_before_stop(log: Sequence[Evidence], channel: str) -> dict[str, list[str]]:
    """Purposes withdrawn by a STOP that were granted before it, by the wording version of the grant."""
    granted: dict[str, list[str]] = defaultdict(list)
    for (of, purpose), stop in current(log).items():
        if of != channel or not _is_stop(stop):
            continue
        before = current(evidence for evidence in log if evidence.at <= stop.at and not _is_stop(evidence))
        last = before.get((channel, purpose))
        if last is not None and last.granted:
            granted[last.wording_version].append(purpose)
    return granted


def _restored(start: Evidence, stop: ReplyReceived, wording: str, purposes: Iterable[str], ids: Ids) -> Evidence:
    """What a START restores of a STOP that was received before it and consumed after it."""
    consent_id = ids.event("consent", start.consent_id, stop.reply_id, wording)
    return replace(start, consent_id=consent_id, purposes=tuple(purposes), wording_version=wording)


def _is_latest_reply(log: Iterable[Evidence], reply: ReplyReceived) -> bool:
    times = [evidence.at for evidence in log if evidence.source == SOURCE and evidence.channel == reply.channel]
    return not times or reply.received_at > max(times)


def _start_after(log: Iterable[Evidence], stop: ReplyReceived) -> Evidence | None:
    """The last START on the channel, if it is later than the STOP."""
    starts = [
        evidence
        for evidence in log
        if evidence.source == SOURCE and evidence.granted and evidence.channel == stop.channel
    ]
    last = max(starts, key=lambda evidence: evidence.at, default=None)
    return last if last is not None and last.at > stop.received_at else None


def _is_stop(evidence: Evidence) -> bool:
    return evidence.source == SOURCE and not evidence.granted
