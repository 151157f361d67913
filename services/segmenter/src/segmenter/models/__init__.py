"""The segmenter's tables, as classes and as the tables that set-based statements name."""

from segmenter.models.base import METADATA, table
from segmenter.models.heard import Ballot, Consent, Member, Membership, Participation, SensitiveInterest, UnionEvent
from segmenter.models.planned import AudienceMember, Campaign, Delivery, Segment, SendingStop, Shard, TestStaff

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
sending_stop = table(SendingStop)
test_staff = table(TestStaff)
