"""What the segmenter hears."""

from chassis.consuming import Hearing
from contracts import topics
from segmenter.service.own import Own
from segmenter.service.projection import BALLOTS_GROUP, MEMBERS_GROUP, Projection
from segmenter.service.receipts import Receipts


def hearings(projection: Projection, receipts: Receipts, own: Own) -> tuple[Hearing, ...]:
    """One group a role: members, union events, ballots, deliveries, and what it said itself."""
    return (
        Hearing((topics.MEMBERS, topics.MEMBERS_SENSITIVE), MEMBERS_GROUP, projection.on_members, max_records=1000),
        Hearing((topics.BALLOTS, topics.PARTICIPATION), BALLOTS_GROUP, projection.on_ballots, max_records=1000),
        Hearing((topics.UNION_EVENTS,), "union-events", projection.on_union_events),
        Hearing((topics.DELIVERIES,), "deliveries", receipts.on_deliveries, max_records=2000),
        Hearing((topics.CAMPAIGNS,), "own", own.on_campaigns),
    )
