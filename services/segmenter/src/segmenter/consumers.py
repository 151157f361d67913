"""What the segmenter consumes from Kafka."""

from chassis.kafka.subscription import Subscription
from contracts import topics
from segmenter.service.deliveries import Deliveries
from segmenter.service.projection import BALLOTS_GROUP, MEMBERS_GROUP, Projection
from segmenter.service.restore import Restore


def consumers(projection: Projection, deliveries: Deliveries, restore: Restore) -> tuple[Subscription, ...]:
    """One group a purpose: members, ballots, union events, deliveries, and its own campaigns."""
    return (
        Subscription(
            (topics.MEMBERS, topics.MEMBERS_SENSITIVE), MEMBERS_GROUP, projection.on_members, max_records=1000
        ),
        Subscription((topics.BALLOTS, topics.PARTICIPATION), BALLOTS_GROUP, projection.on_ballots, max_records=1000),
        Subscription((topics.UNION_EVENTS,), "union-events", projection.on_union_events),
        Subscription((topics.DELIVERIES,), "deliveries", deliveries.on_deliveries, max_records=2000),
        Subscription((topics.CAMPAIGNS,), "own", restore.on_campaigns),
    )
