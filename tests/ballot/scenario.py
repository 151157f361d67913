"""A running ballot service with a union of its own, driven through Kafka and HTTP."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import httpx
from contracts.events.members import MemberChanged, MemberErased, Membership
from contracts.events.replies import ReplyReceived
from contracts.topics import MEMBERS, REPLIES

from tests.ballot.builders import member, membership, new_poll
from tests.support.facts import eventually
from tests.support.world import World


@dataclass
class Scenario:
    """Each has a union id of its own, so that tests in one world do not see each other's members."""

    world: World
    client: httpx.AsyncClient
    union: str = field(default_factory=lambda: f"u{uuid4().hex[:8]}")

    def branch(self, name: str) -> str:
        """The id of a branch of this union."""
        return f"{self.union}-{name}"

    def membership(self, name: str, since: str = "2020-01-01", *, until: str | None = None) -> Membership:
        """A membership in a branch of this union."""
        return membership(self.branch(name), since, until=until, union=self.union)

    async def publish_members(self, *members: MemberChanged) -> None:
        """Publish snapshots of members."""
        for one in members:
            await self.world.publish(MEMBERS, str(one.member_id), one)

    async def add_members(self, count: int, name: str = "leeds") -> Sequence[UUID]:
        """Publish that many new members of a branch; returns their ids."""
        members = [member(self.membership(name)) for _ in range(count)]
        await self.publish_members(*members)
        return [one.member_id for one in members]

    async def publish_erasure(self, member_id: UUID, version: int = 2, *, only_tombstone: bool = False) -> None:
        """Publish an erasure; `only_tombstone` is what a consumer gets that starts after compaction."""
        if not only_tombstone:
            await self.world.publish(MEMBERS, str(member_id), MemberErased(member_id=member_id, version=version))
        await self.world.publish(MEMBERS, str(member_id), None)

    async def publish_replies(self, *replies: ReplyReceived) -> None:
        """Publish texts from members."""
        for one in replies:
            await self.world.publish(REPLIES, str(one.member_id or one.address_hash), one)

    async def open_poll(self, **changes: Any) -> str:
        """Create a poll of the whole union and open it; returns its id."""
        created = await self.client.post("/polls", json=new_poll(**({"body": self.union} | changes)))
        assert created.status_code == 201, created.text
        opened = await self.client.post(f"/polls/{created.json()['poll_id']}/open")
        assert opened.status_code == 200, opened.text
        return str(created.json()["poll_id"])

    async def result(self, poll_id: str, **expected: Any) -> dict[str, Any]:
        """The result, once it has the expected values."""

        async def look() -> dict[str, Any]:
            return dict((await self.client.get(f"/polls/{poll_id}/result")).raise_for_status().json())

        return dict(await eventually(look, until=lambda seen: expected.items() <= seen.items()))

    async def close_and_count(self, poll_id: str, **expected: Any) -> dict[str, Any]:
        """Close the poll; returns the result once it is counted."""
        (await self.client.post(f"/polls/{poll_id}/close")).raise_for_status()
        return await self.result(poll_id, state="counted", **expected)

    async def list_answers(self, poll_id: str, status: str = "unmatched") -> list[dict[str, Any]]:
        """Answers with this status."""
        listed = await self.client.get(f"/polls/{poll_id}/answers", params={"status": status})
        return list(listed.raise_for_status().json()["answers"])
