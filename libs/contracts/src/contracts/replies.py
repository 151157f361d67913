"""What a member wrote back."""

from uuid import UUID

from contracts.event import Event
from pydantic import AwareDatetime


class ReplyReceived(Event, type="reply.received.v1"):
    """An inbound text, or an unsubscribe link followed.

    `member_id` is the member whose delivery it answers, else the only member at that address, else None.
    """

    reply_id: UUID
    channel: str
    address_hash: str
    member_id: UUID | None = None
    members_at_address: tuple[UUID, ...] = ()
    """Everyone known at that address: a STOP speaks for all of them."""
    text: str
    intent: str
    delivery_id: UUID | None = None
    campaign_id: UUID | None = None
    step: int | None = None
    poll_id: UUID | None = None
    test: bool = False
    """It answers a test send: listed for a person, never a vote."""
    received_at: AwareDatetime
    """When the webhook took it; decides 'before closing'."""
