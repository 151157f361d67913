"""What the other services would say to dispatch-email."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from contracts import topics
from contracts.events.campaigns import CampaignLaunched, Content, Sender
from contracts.events.deliveries import DeliveryRequested
from contracts.events.members import Consent, ContactPoint, MemberChanged

from tests.support.world import World

CONTENT = (
    Content(
        channel="email",
        language="en",
        subject="{{ given_name }}, the ballot opens",
        text="Dear {{ given_name }},\n\nit opens on Monday.\n\nLeave: {{ unsubscribe_link }}\n",
        html="<p>Dear {{ given_name }}</p>",
    ),
    Content(
        channel="email",
        language="cy",
        subject="{{ given_name }}, mae'r bleidlais yn agor",
        text="Annwyl {{ given_name }},\n\nmae'n agor ddydd Llun — pŵer i'r undeb.\n",
    ),
)


def member(address: str, *, language: str = "en", given_name: str = "Ada", version: int = 1) -> MemberChanged:
    """An active member who agreed to e-mail about campaigns."""
    consent = Consent(
        consent_id=uuid4(),
        channel="email",
        purpose="campaign",
        granted=True,
        source="form",
        wording_version="1",
        at=datetime(2025, 1, 1, tzinfo=UTC),
    )
    return MemberChanged(
        member_id=uuid4(),
        version=version,
        given_name=given_name,
        family_name="Lovelace",
        language=language,
        contact_points=(ContactPoint(channel="email", address=address),),
        consents=(consent,),
    )


@dataclass
class Campaigning:
    """One campaign in a world, and the members it has reached for."""

    world: World
    campaign: CampaignLaunched
    members: dict[UUID, MemberChanged] = field(default_factory=dict)

    @classmethod
    async def launched(cls, world: World, **changes: Any) -> "Campaigning":
        """A campaign that may send now."""
        now = datetime.now(UTC)
        usual: dict[str, Any] = {
            "campaign_id": uuid4(),
            "version": 1,
            "state": "launched",
            "name": "The ballot",
            "purpose": "campaign",
            "content": CONTENT,
            "senders": (Sender(channel="email", address="news@union.example", display_name="The Union"),),
            "launched_on": now.date(),
            "expires_at": now + timedelta(days=2),
            "passes_quiet_hours": True,
            "quiet_hours_reason": "a test",
        }
        campaign = CampaignLaunched(**(usual | changes))
        await world.publish(topics.CAMPAIGNS, str(campaign.campaign_id), campaign)
        return cls(world, campaign)

    async def ask(self, person: MemberChanged, *, known: bool = False) -> UUID:
        """The member joins the projection, and a delivery is requested; its id."""
        if not known:
            await self.world.publish(topics.MEMBERS, str(person.member_id), person)
        delivery_id = uuid4()
        self.members[delivery_id] = person
        request = DeliveryRequested(
            delivery_id=delivery_id,
            campaign_id=self.campaign.campaign_id,
            launched_on=self.campaign.launched_on,
            channel="email",
            member_id=person.member_id,
            member_version=person.version,
            expires_at=self.campaign.expires_at,
        )
        await self.world.publish(topics.EMAIL_REQUESTS, str(person.member_id), request)
        return delivery_id
