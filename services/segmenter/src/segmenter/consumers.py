"""What the segmenter hears."""

from chassis.kafka.subscription import Subscription
from contracts import topics
from segmenter.service.own import Own
from segmenter.service.projection import BALLOTS_GROUP, MEMBERS_GROUP, Projection
from segmenter.service.receipts import Receipts


def subscriptions(projection: Projection, receipts: Receipts, own: Own) -> tuple[Subscription, ...]:
    """One group a role: members, union events, ballots, deliveries, and what it said itself."""
    return (
        Subscription(
            (topics.MEMBERS, topics.MEMBERS_SENSITIVE), MEMBERS_GROUP, projection.on_members, max_records=1000
        ),
        Subscription((topics.BALLOTS, topics.PARTICIPATION), BALLOTS_GROUP, projection.on_ballots, max_records=1000),
        Subscription((topics.UNION_EVENTS,), "union-events", projection.on_union_events),
        Subscription((topics.DELIVERIES,), "deliveries", receipts.on_deliveries, max_records=2000),
        Subscription((topics.CAMPAIGNS,), "own", own.on_campaigns),
    )
