"""Withdrawn consents, a STOP say, that the consents of a roll would lift.

Applying a roll leaves them withdrawn unless the caller confirms that they are to be lifted. None is lifted by a date
that is only the export's: the day of the check, or a day that a tenth of the roll's consents give.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from contracts.enums import Purpose
from members.domain.imports.rows import Row
from members.domain.members.consents import Evidence, lifted
from members.domain.members.keyword_replies import KEYWORD, SOURCE
from members.domain.members.member import Member
from members.domain.members.merge import SubmittedMember

_MANY, _PART = 10, 10
"""Fewer rows with the same day, or less than a tenth of all, may well have consented on it, at a meeting say. An export
fills in its own day where the other system has none: perhaps for a few members only."""


def consent_days(rows: Iterable[Row]) -> Counter[str]:
    """Rows with a consent by its day."""
    return Counter(row.submitted.evidence[0].at.date().isoformat() for row in rows if row.submitted.evidence)


def export_days(days: Mapping[str, int], today: date) -> list[date]:
    """The days on which nobody consented because they are the export's, of the days of a roll's consents."""
    total = sum(days.values())
    common = {date.fromisoformat(day) for day, count in days.items() if count >= _MANY and count * _PART >= total}
    return sorted({today} | common)


def standing_log(
    before: Member | None, submitted: SubmittedMember, stops: Mapping[str, datetime]
) -> Sequence[Evidence]:
    """The person's evidence, and the STOPs at their addresses: there may have been others there, or they themselves,
    erased since. `stops` gives the moment by address."""
    points = {*submitted.contact_points, *(before.contact_points if before else ())}
    withdrawn = [
        Evidence.new(
            each.channel, Purpose, granted=False, source=SOURCE, wording_version=KEYWORD, at=stops[each.address]
        )
        for each in points
        if each.address in stops
    ]
    return (*(before.evidence if before else ()), *withdrawn)


def lifting_days(log: Sequence[Evidence], submitted: SubmittedMember) -> list[date]:
    """The days of the person's consents that would lift a withdrawal in the log."""
    return sorted({each.at.date() for each in submitted.evidence if lifted(log, [each])})


def without_lifting(
    log: Sequence[Evidence], submitted: SubmittedMember, days: Collection[date] | None = None
) -> SubmittedMember:
    """The person without the consents that would lift a withdrawal; given days, only without those of these days."""
    refused = [each for each in submitted.evidence if days is None or each.at.date() in days]
    kept_withdrawn = lifted(log, refused)
    if not kept_withdrawn:
        return submitted
    evidence = [
        replace(each, purposes=tuple(name for name in each.purposes if (each.channel, name) not in kept_withdrawn))
        for each in submitted.evidence
    ]
    return replace(submitted, evidence=tuple(each for each in evidence if each.purposes))
