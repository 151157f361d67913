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
        if after == tuple(log) and all(each.at < reply.received_at for each in _replies(log, reply.channel)):
            return (*log, evidence(KEYWORD, (), granted=True))
        return after
    after = extended(log, [evidence(KEYWORD, Purpose, granted=False)])
    starts = [start for start in _replies(log, reply.channel) if start.granted and start.at > reply.received_at]
    if not starts or after == tuple(log):
        return after
    # The last START was received after this STOP and consumed before it: it restores what this STOP withdrew.
    start = max(starts, key=lambda each: each.at)
    restored = [
        replace(
            start,
            consent_id=ids.event("consent", start.consent_id, reply.reply_id, wording),
            purposes=tuple(purposes),
            wording_version=wording,
        )
        for wording, purposes in _granted_before_stop(after, reply.channel).items()
    ]
    return extended(after, restored)


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


def _replies(log: Iterable[Evidence], channel: str) -> list[Evidence]:
    return [evidence for evidence in log if evidence.source == SOURCE and evidence.channel == channel]


def _is_stop(evidence: Evidence) -> bool:
    return evidence.source == SOURCE and not evidence.granted
