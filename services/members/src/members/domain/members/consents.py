"""Consents of a member: a log of evidence, of which the latest entry counts.

A withdrawal wins over a grant of the same time. Entries are never removed, and an entry older than the one that counts
changes nothing: therefore an old roll cannot undo a STOP.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self
from uuid import UUID, uuid4

from contracts.enums import Purpose
from members.domain import field_types as fields

DEFAULT_PURPOSES = (Purpose.SERVICE, Purpose.CAMPAIGN, Purpose.BALLOT_NOTICE, Purpose.SURVEY, Purpose.EMERGENCY)
"""The purposes of a plain 'yes' on a form; election and political messages must be named."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A consent given or withdrawn on one channel, for one purpose or several; for none: a START that waits."""

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
        """Evidence under a random id."""
        return cls(uuid4(), channel, tuple(dict.fromkeys(purposes)), granted, source, wording_version, at)


class ConsentFields(fields.Input):
    """Fields of a consent that callers send."""

    channel: fields.ConsentChannel
    purposes: fields.Purposes
    source: fields.ConsentSource
    wording_version: fields.WordingVersion
    at: fields.ConsentTime

    def as_evidence(self, *, granted: bool) -> Evidence:
        """Evidence under a random id, of a consent given or withdrawn."""
        return Evidence.new(**self.model_dump(include=set(ConsentFields.model_fields)), granted=granted)


CurrentConsents = dict[tuple[str, str], Evidence]
"""The evidence that counts, by channel and purpose."""


def current(log: Iterable[Evidence]) -> CurrentConsents:
    """The evidence that counts for each channel and purpose."""
    latest: CurrentConsents = {}
    for evidence in log:
        _supersede(latest, evidence)
    return latest


def extended(log: Sequence[Evidence], additions: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """The log with the additions that count, now or at their turn; the others are left out."""
    latest = current(log)
    return (*log, *(evidence for evidence in additions if _supersede(latest, evidence)))


def lifted(log: Iterable[Evidence], additions: Iterable[Evidence]) -> set[tuple[str, str]]:
    """The channels and purposes whose withdrawal the additions would end."""
    latest = current(log)
    return {
        (evidence.channel, purpose)
        for evidence in additions
        for purpose in evidence.purposes
        if evidence.granted
        and (present := latest.get((evidence.channel, purpose))) is not None
        and not present.granted
        and _rank(evidence) > _rank(present)
    }


def _supersede(latest: CurrentConsents, evidence: Evidence) -> bool:
    """Enter the evidence where it is the latest; whether it is for one of its purposes."""
    counts = False
    for purpose in evidence.purposes:
        present = latest.get((evidence.channel, purpose))
        if present is None or _rank(evidence) > _rank(present):
            latest[evidence.channel, purpose] = evidence
            counts = True
    return counts


def _rank(evidence: Evidence) -> tuple[datetime, bool]:
    return evidence.at, not evidence.granted
