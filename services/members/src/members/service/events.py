"""Outbox entries for the topics `members` and `members.sensitive`."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from chassis.kafka.outbox import Outgoing
from contracts import topics
from contracts.ids import Ids
from contracts.members import MemberErased
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


def removal(member_id: UUID, event: MemberErased | None, ids: Ids, now: datetime) -> list[Outgoing]:
    """The erasure of a member, or without an event the tombstone; one for each topic."""
    kind = "erased" if event else "tombstone"
    return [Outgoing(each, str(member_id), event, ids.event(kind, each.name, member_id), now) for each in TOPICS]
