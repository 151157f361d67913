"""What members hears: replies, for their STOP and START, and itself, for what a restored database has forgotten."""

from chassis.consuming import Hearing
from contracts import topics
from members.service.audit import Audit
from members.service.replies import Replies


def hearings(replies: Replies, audit: Audit) -> tuple[Hearing, ...]:
    """One group a role."""
    return (
        Hearing((topics.REPLIES,), "members.replies", replies.hear),
        Hearing((topics.MEMBERS,), "members.own", audit.hear, max_records=1000),
    )
