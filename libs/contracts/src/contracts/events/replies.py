"""Replies of members."""

from uuid import UUID

from contracts.event import Event
from pydantic import AwareDatetime


class ReplyReceived(Event, type="reply.received.v1"):
    """A text from a member, or the use of an unsubscribe link."""

    reply_id: UUID
    """Id of the reply; a repeated event has the same."""
    channel: str
    """sms or email."""
    address_hash: str
    """The address, as 64 hex digits of a keyed hash."""
    member_id: UUID | None = None
    """The member whose delivery it answers, else the only member at that address, else null."""
    members_at_address: tuple[UUID, ...] = ()
    """Every member known at that address: a STOP holds for all of them."""
    text: str
    """The text as received."""
    intent: str
    """answer, stop, start or help, recognised by keyword."""
    delivery_id: UUID | None = None
    """Id of the delivery it answers, where known."""
    campaign_id: UUID | None = None
    """Id of the campaign it answers, where known."""
    step: int | None = None
    """Step of that campaign."""
    poll_id: UUID | None = None
    """Id of the poll it answers, where known."""
    test: bool = False
    """It answers a test send: shown to staff, never a vote."""
    received_at: AwareDatetime
    """When the dispatcher received it; decides whether an answer came before a poll's closing."""
