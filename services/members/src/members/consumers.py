"""What members hears: replies, for their STOP and START."""

from chassis.consuming import Hearing
from contracts import topics
from members.service.replies import Replies


def hearings(replies: Replies) -> tuple[Hearing, ...]:
    """One group; its handler changes consents."""
    return (Hearing((topics.REPLIES,), "members.replies", replies.hear),)
