"""Outbox entries for the topics `members` and `members.sensitive`."""

from collections.abc import Iterator
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


def snapshots(
    before: Member | None, after: Member, tree: UnitTree, ids: Ids, now: datetime, *, everything: bool
) -> Iterator[Outgoing]:
    """The snapshot, and the one of sensitive interests if they changed or `everything` is to be published."""
    key, version = str(after.member_id), (after.member_id, after.version)
    yield Outgoing(topics.MEMBERS, key, member_changed(after, tree), ids.event("member", *version), now)
    if everything or after.sensitive_interests != (before.sensitive_interests if before else ()):
        event = sensitive_interests_changed(after)
        yield Outgoing(topics.MEMBERS_SENSITIVE, key, event, ids.event("sensitive", *version), now)


def removal(member_id: UUID, event: MemberErased | None, ids: Ids, now: datetime) -> list[Outgoing]:
    """The erasure of a member, or without an event the tombstone; one for each topic."""
    kind = "erased" if event else "tombstone"
    return [Outgoing(each, str(member_id), event, ids.event(kind, each.name, member_id), now) for each in TOPICS]
