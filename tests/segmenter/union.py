"""A union of the test's own: members, segments and campaigns, in front of a running segmenter."""

import asyncio
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
from contracts import topics
from contracts.event import Event
from contracts.events.ballots import BallotOpened
from contracts.events.deliveries import (
    DeliveryAccepted,
    DeliveryDelivered,
    DeliveryEvent,
    DeliveryFailed,
    DeliveryInDoubt,
    DeliveryRequested,
    DeliverySkipped,
)
from contracts.events.members import Consent, ContactPoint, MemberChanged, Membership
from contracts.topics import Topic

from tests.support.facts import eventually
from tests.support.paging import pages
from tests.support.world import World

NOW = datetime.now(UTC)
LATER = (NOW + timedelta(days=7)).isoformat()


def slug() -> str:
    """A name that no other test uses."""
    return f"u{uuid.uuid4().hex[:10]}"


def consent(channel: str, purpose: str = "campaign", *, granted: bool = True) -> Consent:
    """A member's consent or refusal."""
    return Consent(
        consent_id=uuid.uuid4(),
        channel=channel,
        purpose=purpose,
        granted=granted,
        source="form",
        wording_version="1",
        at=NOW,
    )


@dataclass
class Union:
    """One test's union, in front of a running segmenter."""

    world: World
    client: httpx.AsyncClient
    name: str = field(default_factory=slug)
    members: list[MemberChanged] = field(default_factory=list)

    def member(
        self, *, sms: bool = True, email: bool = True, consents: Sequence[str] = ("sms", "email"), **values: Any
    ) -> MemberChanged:
        """A member of the union's branch `<name>-a`, reachable on every channel by default."""
        given = {
            "member_id": uuid.uuid4(),
            "version": 1,
            "given_name": "Siân",
            "family_name": "Pritchard",
            "contact_points": (
                *([ContactPoint(channel="sms", address="+447700900001")] if sms else []),
                *([ContactPoint(channel="email", address="s@example.org")] if email else []),
            ),
            "consents": tuple(consent(channel) for channel in consents),
            "memberships": (self.place("a"),),
        }
        return MemberChanged(**{**given, **values})

    def place(self, branch: str, **values: Any) -> Membership:
        """A membership in a branch of the union."""
        body = f"{self.name}-{branch}"
        given = {
            "body": body,
            "path": (self.name, f"{self.name}-north", body),
            "region": f"{self.name}-north",
            "region_name": "The North",
            "branch": body,
            "branch_name": f"Branch {branch.upper()}",
            "valid_from": date(2020, 1, 1),
        }
        return Membership(**{**given, **values})

    async def joined_by(self, *members: MemberChanged) -> list[MemberChanged]:
        """Publish members and wait until the segmenter counts them all."""
        self.members += members
        await asyncio.gather(*(self.publish(topics.MEMBERS, member.member_id, member) for member in members))
        active = {member.member_id for member in self.members if member.status == "active"}
        await eventually(lambda: self.count(), until=lambda count: count == len(active))
        return list(members)

    async def publish(self, topic: Topic, key: object, event: Event) -> None:
        """Publish an event as its writer would."""
        await self.world.publish(topic, str(key), event)

    async def count(self, rule: dict[str, Any] | None = None) -> int:
        """How many of the union's members a rule selects; of all without one."""
        inside = {"kind": "body", "bodies": [self.name]}
        whole = {"kind": "all", "of": [inside, rule]} if rule else inside
        answer = await self.client.post("/segments/preview", json={"rule": whole})
        assert answer.status_code == 200, answer.text
        return int(answer.json()["count"])

    async def segment(self, rule: dict[str, Any] | None = None, **values: Any) -> str:
        """A stored segment of everybody, or of a rule; its id."""
        body = {"name": "Everybody", "rule": rule or {"kind": "body", "bodies": [self.name]}, **values}
        answer = await self.client.post("/segments", json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["segment_id"])

    async def poll(self, **values: Any) -> uuid.UUID:
        """An open poll that the segmenter knows."""
        given = {
            "ballot_id": uuid.uuid4(),
            "version": 1,
            "title": "Strike?",
            "body": self.name,
            "opens_at": NOW - timedelta(hours=1),
            "closes_at": NOW + timedelta(days=10),
        }
        opened = BallotOpened(**{**given, **values})
        await self.publish(topics.BALLOTS, opened.ballot_id, opened)
        draft = await self.draft()
        body = {**draft, "poll_id": str(opened.ballot_id)}

        async def known() -> bool:
            return "no such poll" not in (await self.client.post("/campaigns", json=body)).text

        await eventually(known)
        return opened.ballot_id

    async def draft(self, **values: Any) -> dict[str, Any]:
        """The body of a campaign to everybody."""
        given: dict[str, Any] = {
            "name": "Strike ballot",
            "purpose": "campaign",
            "content": [
                {"channel": "sms", "language": "en", "text": "Hi {{ given_name }}, {{ branch }} meets on Friday."},
                {"channel": "email", "language": "en", "subject": "Meeting", "text": "Dear {{ given_name }}"},
            ],
            "channels": {"rule": "preferred_else_next", "order": ["sms", "email"]},
            "senders": [
                {"channel": "sms", "address": "+447700900999"},
                {"channel": "email", "address": "office@union.example", "display_name": "The Union"},
            ],
            "expires_at": LATER,
        }
        if "segment_id" not in values:
            given["segment_id"] = await self.segment()
        return {**given, **values}

    async def campaign(self, **values: Any) -> dict[str, Any]:
        """A stored draft."""
        answer = await self.client.post("/campaigns", json=await self.draft(**values))
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def summary(self, campaign_id: str) -> dict[str, Any]:
        """The campaign's summary, computed now."""
        answer = await self.client.post(f"/campaigns/{campaign_id}/summary")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def launched(self, **values: Any) -> str:
        """A campaign that went through summary, approval and launch; its id."""
        campaign_id = str((await self.campaign(**values))["campaign_id"])
        return await self.launch(campaign_id)

    async def launch(self, campaign_id: str) -> str:
        """Approve as a second person and launch."""
        confirmed = {"summary": (await self.summary(campaign_id))["hash"]}
        second = {"Authorization": f"Bearer {self.world.token(sub='second-person')}"}
        approved = await self.client.post(f"/campaigns/{campaign_id}/approve", json=confirmed, headers=second)
        assert approved.status_code == 200, approved.text
        launched = await self.client.post(f"/campaigns/{campaign_id}/launch", json=confirmed)
        assert launched.status_code == 200, launched.text
        return campaign_id

    async def requests(self, campaign_id: str, count: int, topic: Topic = topics.SMS_REQUESTS) -> list[Any]:
        """The campaign's delivery requests on a topic, once there are so many."""

        def mine(received: Sequence[Any]) -> list[Any]:
            events = [one.event for one in received]
            return [one for one in events if isinstance(one, DeliveryRequested) and str(one.campaign_id) == campaign_id]

        enough: Callable[[Sequence[Any]], bool] = lambda received: len(mine(received)) >= count  # noqa: E731
        return mine(await self.world.received(topic, enough))

    async def campaign_events(self, campaign_id: str, count: int) -> list[Any]:
        """The events of a campaign, once there are so many."""

        def mine(received: Sequence[Any]) -> list[Any]:
            return [one.event for one in received if one.subject == campaign_id]

        return mine(await self.world.received(topics.CAMPAIGNS, lambda received: len(mine(received)) >= count))

    async def progress(self, campaign_id: str) -> dict[str, Any]:
        """How the campaign stands."""
        answer = await self.client.get(f"/campaigns/{campaign_id}/progress")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def history(self, member_id: object, **headers: str) -> list[dict[str, Any]]:
        """A member's campaigns."""
        path = f"/members/{member_id}/history"
        return await pages(self.client, path, "before", "entries", headers=headers, limit=1)

    def of_branch(self, branch: str = "a") -> dict[str, str]:
        """Headers of a caller who is limited to a branch of the union."""
        return self.world.headers(branch=f"{self.name}-{branch}")

    async def tests_of(self, campaign_id: str) -> list[dict[str, Any]]:
        """The campaign's test sends."""
        return await pages(self.client, f"/campaigns/{campaign_id}/tests", "before", limit=1)

    async def publish_status(self, request: DeliveryRequested, status: str, *, rev: int = 1, **values: Any) -> None:
        """Publish a delivery's status, as its dispatcher would."""
        pseudonym = request.member_id.hex
        said = {
            **request.model_dump(
                include={"delivery_id", "campaign_id", "step", "variant", "script_version", "channel"}
            ),
            "branch": request.branch,
            "rev": rev,
            "status": status,
            "pseudonym": pseudonym,
            "pseudonym_key": "1",
            "at": datetime.now(UTC),
            **values,
        }
        await self.publish(topics.DELIVERIES, pseudonym, _KINDS[status](**said))


_KINDS: dict[str, type[DeliveryEvent]] = {
    "accepted": DeliveryAccepted,
    "delivered": DeliveryDelivered,
    "rejected": DeliveryFailed,
    "skipped": DeliverySkipped,
    "in_doubt": DeliveryInDoubt,
}
