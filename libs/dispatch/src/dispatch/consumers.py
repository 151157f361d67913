"""What every dispatcher reads from Kafka. Urgent requests have a subscription of their own: no queue is before them."""

from chassis.kafka.subscription import Subscription
from contracts import topics
from contracts.topics import Topic
from dispatch.admission.admission import Admission
from dispatch.projection.projection import Projection
from dispatch.restore.recovery import RestoreRecovery

PROJECTIONS: tuple[tuple[str, Topic], ...] = (
    ("members", topics.MEMBERS),
    ("campaigns", topics.CAMPAIGNS),
    ("participation", topics.PARTICIPATION),
    ("replies", topics.REPLIES),
)
"""Group and topic. Nothing is claimed until these have once been read, by any replica. Of `replies` our own are read: a
restored database lacks the latest."""
PUBLISHED: tuple[tuple[str, Topic], ...] = (("deliveries", topics.DELIVERIES),)
"""Every acceptance is published there: a ledger that knows less of it than its group was restored."""


def request_groups(channel: str) -> tuple[tuple[str, Topic], ...]:
    """Group and topic of each subscription of requests, the urgent one first."""
    return (
        ("requests-urgent", topics.requests_for(channel, urgent=True)),
        ("requests", topics.requests_for(channel, urgent=False)),
    )


def subscriptions(
    channel: str, projection: Projection, admission: Admission, recovery: RestoreRecovery
) -> tuple[Subscription, ...]:
    """Each topic with its handler."""
    handlers = (projection.members, projection.campaigns, projection.participation, projection.replies)
    return (
        *(Subscription((topic,), group, each) for (group, topic), each in zip(PROJECTIONS, handlers, strict=True)),
        *(Subscription((topic,), group, admission.requests) for group, topic in request_groups(channel)),
        *(Subscription((topic,), group, recovery.own_events) for group, topic in PUBLISHED),
    )
