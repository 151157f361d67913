"""Replies of members."""

from uuid import UUID

from contracts.event import Event, EventPart
from pydantic import AwareDatetime


class OpenAsk(EventPart):
    """A delivery that asked a poll which still takes answers."""

    delivery_id: UUID
    """Id of the delivery."""
    campaign_id: UUID
    """Id of its campaign."""
    step: int
    """Step of that campaign."""
    member_id: UUID
    """The member it went to."""
    poll_id: UUID
    """Id of the poll."""
    test: bool = False
    """It was a test send."""


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
    """The text as received; empty for a picture without words."""
    media: int = 0
    """How many pictures or other media came with it."""
    intent: str
    """answer, stop, unclear_stop (asked for in other words), start or help, recognised by its words."""
    delivery_id: UUID | None = None
    """Id of the delivery it answers, where known."""
    campaign_id: UUID | None = None
    """Id of the campaign it answers, where known."""
    step: int | None = None
    """Step of that campaign."""
    poll_id: UUID | None = None
    """Id of the poll it answers, where known."""
    asks: tuple[OpenAsk, ...] = ()
    """Where several polls were open to the address: the latest delivery of each, the latest first. Which of them the
    text answers is then decided by their options; the fields above name the latest."""
    test: bool = False
    """It answers a test send: shown to staff, never a vote."""
    received_at: AwareDatetime
    """When the dispatcher received it; decides whether an answer came before a poll's closing."""
