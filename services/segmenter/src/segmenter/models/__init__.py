"""The segmenter's tables, as classes and as the tables that set-based statements name."""

from chassis.db.counts import counts_of
from segmenter.models import projection
from segmenter.models.audiences import AudienceMember, Shard
from segmenter.models.base import METADATA as METADATA
from segmenter.models.base import table
from segmenter.models.campaigns import Campaign, TestStaff
from segmenter.models.deliveries import Delivery
from segmenter.models.segments import Segment
from segmenter.models.union_stop import UnionStop

members = table(projection.Member)
memberships = table(projection.Membership)
consents = table(projection.Consent)
sensitive_interests = table(projection.SensitiveInterest)
participation = table(projection.Participation)
ballots = table(projection.Ballot)
union_events = table(projection.UnionEvent)
segments = table(Segment)
campaigns = table(Campaign)
audience = table(AudienceMember)
deliveries = table(Delivery)
delivery_counts = counts_of(deliveries, "delivery_counts", ("campaign_id", "channel", "branch", "status", "reason"))
shards = table(Shard)
union_stop = table(UnionStop)
test_staff = table(TestStaff)
