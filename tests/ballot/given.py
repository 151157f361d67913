"""Members, polls and answers for ballot's tests."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
from contracts.members import MemberChanged, MemberErased, Membership
from contracts.replies import ReplyReceived
from contracts.topics import MEMBERS, REPLIES

from tests.support.facts import eventually
from tests.support.world import World

OPTIONS = [
    {"key": "voted", "label": "I have voted", "keywords": ["voted", "wedi pleidleisio"], "effect": "voted"},
    {"key": "notyet", "label": "Not yet", "keywords": ["notyet"], "effect": "keep_chasing"},
    {"key": "leave", "label": "Do not ask", "keywords": ["leave me"], "effect": "do_not_ask"},
]


def poll_given(body: str = "union", **changes: Any) -> dict[str, Any]:
    """A poll that can be asked for."""
    closing = datetime.now(UTC) + timedelta(hours=1)
    given: dict[str, Any] = {
        "title": "Have you voted?",
        "question": "Have you posted your paper? Text VOTED, NOTYET or 3.",
        "body": body,
        "closes_at": closing.isoformat(),
        "options": OPTIONS,
    }
    return given | changes


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
    given: dict[str, Any] = {"version": 1, "given_name": "Ann", "family_name": "Lee", "memberships": memberships}
    return MemberChanged(member_id=member_id or uuid4(), **(given | changes))


def reply(poll_id: object, member_id: UUID | None, text: str, **changes: Any) -> ReplyReceived:
    """An inbound text that answers a poll."""
    given: dict[str, Any] = {
        "reply_id": uuid4(),
        "channel": "sms",
        "address_hash": "0" * 64,
        "text": text,
        "intent": "answer",
        "received_at": datetime.now(UTC),
        "poll_id": UUID(str(poll_id)),
    }
    return ReplyReceived(member_id=member_id, **(given | changes))


@dataclass
class Place:
    """A running ballot with a union of its own, so that tests in one world do not see each other's members."""

    world: World
    client: httpx.AsyncClient
    union: str = field(default_factory=lambda: f"u{uuid4().hex[:8]}")

    def branch(self, name: str) -> str:
        """A branch of this union."""
        return f"{self.union}-{name}"

    def at(self, name: str, since: str = "2020-01-01", *, until: str | None = None) -> Membership:
        """A membership in a branch of this union."""
        return membership(self.branch(name), since, until=until, union=self.union)

    async def join(self, *members: MemberChanged) -> None:
        """Tell of members."""
        for one in members:
            await self.world.publish(MEMBERS, str(one.member_id), one)

    async def erase(self, member_id: UUID, version: int = 2, *, only_buried: bool = False) -> None:
        """Tell that a member is erased; `only_buried` as whoever comes later than the event hears it."""
        if not only_buried:
            await self.world.publish(MEMBERS, str(member_id), MemberErased(member_id=member_id, version=version))
        await self.world.publish(MEMBERS, str(member_id), None)

    async def say(self, *replies: ReplyReceived) -> None:
        """Let texts come in."""
        for one in replies:
            await self.world.publish(REPLIES, str(one.member_id or one.address_hash), one)

    async def opened(self, **changes: Any) -> str:
        """A poll of the whole union, open; its id."""
        made = await self.client.post("/polls", json=poll_given(**({"body": self.union} | changes)))
        assert made.status_code == 201, made.text
        opened = await self.client.post(f"/polls/{made.json()['poll_id']}/open")
        assert opened.status_code == 200, opened.text
        return str(made.json()["poll_id"])

    async def result(self, poll_id: str, **expected: Any) -> dict[str, Any]:
        """The result once it shows what is expected."""

        async def look() -> dict[str, Any]:
            return dict((await self.client.get(f"/polls/{poll_id}/result")).raise_for_status().json())

        return dict(await eventually(look, until=lambda seen: expected.items() <= seen.items()))

    async def counted(self, poll_id: str, **expected: Any) -> dict[str, Any]:
        """Close the poll; the result once it is counted."""
        (await self.client.post(f"/polls/{poll_id}/close")).raise_for_status()
        return await self.result(poll_id, state="counted", **expected)

    async def answers(self, poll_id: str, status: str = "unmatched") -> list[dict[str, Any]]:
        """Answers that stand there."""
        listed = await self.client.get(f"/polls/{poll_id}/answers", params={"status": status})
        return list(listed.raise_for_status().json()["answers"])

    async def many(self, count: int, name: str = "leeds") -> Sequence[UUID]:
        """That many members of a branch; their ids."""
        members = [member(self.at(name)) for _ in range(count)]
        await self.join(*members)
        return [one.member_id for one in members]


STANDINGS = ("counted", "superseded", "unmatched", "set_aside", "late", "early", "not_on_roll", "test")
