"""What members hears: replies, for their STOP and START, and itself, for what a restored database has forgotten."""

from chassis.kafka.subscription import Subscription
from contracts import topics
from members.service.audit import Audit
from members.service.replies import Replies


def subscriptions(replies: Replies, audit: Audit) -> tuple[Subscription, ...]:
    """One group a role."""
    return (
        Subscription((topics.REPLIES,), "members.replies", replies.hear),
        Subscription((topics.MEMBERS,), "members.own", audit.hear, max_records=1000),
    )
