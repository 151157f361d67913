"""A member's history in polls, and what a caller without the scope for sensitive segments may see of it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from contracts.scopes import SENSITIVE_SCOPE
from pydantic import Field

NOT_FOR_CALLER = f"a sensitive campaign asks this poll; the token lacks the scope {SENSITIVE_SCOPE}"
NOT_KNOWN = f"no campaign is known yet that asks this poll; the token lacks the scope {SENSITIVE_SCOPE}"
_What = Literal["answer", "on_roll", "participation"]
_WHAT = "An answer, the roll of a poll, or what was published about taking part."
_WITHHELD = f"Why poll, title and option are absent: the token lacks the scope {SENSITIVE_SCOPE}."


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One thing stored about a member. Fields that do not apply are absent."""

    at: Annotated[datetime, Field(description="When it happened.", examples=["2026-03-03T10:00:00Z"])]
    what: Annotated[_What, Field(description=_WHAT, examples=["answer"])]
    poll_id: Annotated[UUID | None, Field(description="Id of the poll.")] = None
    title: Annotated[str | None, Field(description="Title of the poll.", examples=["Have you voted?"])] = None
    channel: Annotated[str | None, Field(description="How the answer came: sms or link.", examples=["sms"])] = None
    status: Annotated[str | None, Field(description="The answer's status, such as counted.", examples=["counted"])] = (
        None
    )
    option: Annotated[str | None, Field(description="Key of the chosen option.", examples=["voted"])] = None
    campaign_id: Annotated[UUID | None, Field(description="The campaign that was answered, where known.")] = None
    delivery_id: Annotated[UUID | None, Field(description="The message that was answered, where known.")] = None
    effect: Annotated[str | None, Field(description="The published effect, such as voted.", examples=["voted"])] = None
    withheld: Annotated[str | None, Field(description=_WITHHELD, examples=[NOT_FOR_CALLER])] = None
    service: Annotated[Literal["ballot"], Field(description="The service that stores it.")] = "ballot"


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
