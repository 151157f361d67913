"""A member's history in polls, and what a caller without the scope for sensitive segments may see of it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from contracts.scopes import SENSITIVE_SCOPE

NOT_FOR_CALLER = f"a sensitive campaign asks this poll; the token lacks the scope {SENSITIVE_SCOPE}"
NOT_KNOWN = f"no campaign is known yet that asks this poll; the token lacks the scope {SENSITIVE_SCOPE}"


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """Something stored about a member in one poll; `what` is answer, on_roll or participation."""

    at: datetime
    what: str
    poll_id: UUID | None
    title: str | None
    channel: str | None = None
    status: str | None = None
    option: str | None = None
    campaign_id: UUID | None = None
    delivery_id: UUID | None = None
    effect: str | None = None
    withheld: str | None = None
    """Why poll, title and option are missing."""


def redacted(entry: HistoryEntry, sensitive: Mapping[UUID, bool]) -> HistoryEntry:
    """The entry for a caller without the scope: an answer shows that the member was asked, and the poll's id or title
    shows why they were selected.

    `sensitive` has the polls that a known campaign asks. An answer to any other poll may still turn out sensitive, so
    it is withheld. Being on the roll depends on membership alone; it is withheld only for sensitive polls, because its
    title would explain the redacted entries beside it.
    """
    asked = sensitive.get(entry.poll_id) if entry.poll_id else None
    if asked is False or (asked is None and entry.what == "on_roll"):
        return entry
    reason = NOT_FOR_CALLER if asked else NOT_KNOWN
    return replace(entry, poll_id=None, title=None, option=None, withheld=reason)
