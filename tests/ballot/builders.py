"""Builds members, polls and replies for ballot's tests."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from contracts.events.members import MemberChanged, Membership
from contracts.events.replies import ReplyReceived

STATUSES = ("counted", "superseded", "unmatched", "set_aside", "late", "early", "not_on_roll", "test")
OPTIONS = [
    {"key": "voted", "label": "I have voted", "keywords": ["voted", "wedi pleidleisio"], "effect": "voted"},
    {"key": "notyet", "label": "Not yet", "keywords": ["notyet"], "effect": "keep_chasing"},
    {"key": "leave", "label": "Do not ask", "keywords": ["leave me"], "effect": "do_not_ask"},
]


def new_poll(body: str = "union", **changes: Any) -> dict[str, Any]:
    """The request body of a valid poll."""
    closing = datetime.now(UTC) + timedelta(hours=1)
    poll: dict[str, Any] = {
        "title": "Have you voted?",
        "question": "Have you posted your paper? Text VOTED, NOTYET or 3.",
        "body": body,
        "closes_at": closing.isoformat(),
        "options": OPTIONS,
    }
    return poll | changes


def membership(branch: str, since: str = "2020-01-01", *, until: str | None = None, union: str = "union") -> Membership:
    """A place in a branch of the north."""
    return Membership(
        body=branch,
        path=(union, f"{union}-north", branch),
        region=f"{union}-north",
        branch=branch,
        branch_name=branch.title(),
        valid_from=date.fromisoformat(since),
        valid_to=date.fromisoformat(until) if until else None,
    )


def member(*memberships: Membership, member_id: UUID | None = None, **changes: Any) -> MemberChanged:
    """A snapshot of a member."""
    fields: dict[str, Any] = {"version": 1, "given_name": "Ann", "family_name": "Lee", "memberships": memberships}
    return MemberChanged(member_id=member_id or uuid4(), **(fields | changes))


def reply(poll_id: object, member_id: UUID | None, text: str, **changes: Any) -> ReplyReceived:
    """An inbound text that answers a poll."""
    fields: dict[str, Any] = {
        "reply_id": uuid4(),
        "channel": "sms",
        "address_hash": "0" * 64,
        "text": text,
        "intent": "answer",
        "received_at": datetime.now(UTC),
        "poll_id": UUID(str(poll_id)),
    }
    return ReplyReceived(member_id=member_id, **(fields | changes))
