"""The segmenter's tables, as classes and as the tables that set-based statements name."""

from segmenter.models.audiences import AudienceMember, Shard
from segmenter.models.base import METADATA, table
from segmenter.models.campaigns import Campaign, TestStaff
from segmenter.models.deliveries import Delivery
from segmenter.models.projection import (
    Ballot,
    Consent,
    Member,
    Membership,
    Participation,
    SensitiveInterest,
    UnionEvent,
)
from segmenter.models.segments import Segment
from segmenter.models.union_stop import UnionStop

__all__ = ["METADATA"]

members = table(Member)
memberships = table(Membership)
consents = table(Consent)
sensitive_interests = table(SensitiveInterest)
participation = table(Participation)
ballots = table(Ballot)
union_events = table(UnionEvent)
segments = table(Segment)
campaigns = table(Campaign)
audience = table(AudienceMember)
deliveries = table(Delivery)
shards = table(Shard)
union_stop = table(UnionStop)
test_staff = table(TestStaff)
