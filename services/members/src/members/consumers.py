"""What members consumes: replies, for their STOP and START, and its own topic, for what a restored database lacks."""

from chassis.kafka.subscription import Subscription
from contracts import topics
from members.service.replies import Replies
from members.service.restore import TopicAudit


def subscriptions(replies: Replies, audit: TopicAudit) -> tuple[Subscription, ...]:
    """One consumer group each."""
    return (
        Subscription((topics.REPLIES,), "members.replies", replies.handle),
        Subscription((topics.MEMBERS,), "members.own", audit.handle, max_records=1000),
    )
