"""Outbox entries for the topics `members` and `members.sensitive`."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from chassis.kafka.outbox import Outgoing
from contracts import topics
from contracts.events.members import MemberErased
from contracts.ids import Ids
from members.domain.members.events import member_changed, sensitive_interests_changed
from members.domain.members.member import Member
from members.domain.units import UnitTree

TOPICS = (topics.MEMBERS, topics.MEMBERS_SENSITIVE)


def snapshots(member: Member, tree: UnitTree, ids: Ids, now: datetime, *, sensitive: bool) -> Iterator[Outgoing]:
    """The snapshot, and with `sensitive` the one of sensitive interests."""
    key, version = str(member.member_id), (member.member_id, member.version)
    yield Outgoing(topics.MEMBERS, key, member_changed(member, tree), ids.event("member", *version), now)
    if sensitive:
        event = sensitive_interests_changed(member)
        yield Outgoing(topics.MEMBERS_SENSITIVE, key, event, ids.event("sensitive", *version), now)


def erasure(event: MemberErased, ids: Ids, now: datetime) -> list[Outgoing]:
    """One for each topic."""
    who = event.member_id
    return [Outgoing(topic, str(who), event, ids.event("erased", topic.name, who), now) for topic in TOPICS]


def tombstones(members: Sequence[UUID], ids: Ids, now: datetime) -> list[Outgoing]:
    """One for each member and topic."""
    return [
        Outgoing(topic, str(who), None, ids.event("tombstone", topic.name, who), now)
        for who in members
        for topic in TOPICS
    ]
