"""The topics that ballot consumes, and what handles each."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from ballot.service.campaigns import Campaigns
from ballot.service.declared_ballots import DeclaredBallots
from ballot.service.members import MEMBERS_GROUP, Members
from ballot.service.replies import REPLIES_GROUP, Replies
from ballot.service.restore import Restore
from chassis.kafka.batch import Batch
from chassis.kafka.subscription import Subscription
from contracts.event import Event
from contracts.events.ballots import BallotEvent
from contracts.events.members import MemberChanged, MemberErased
from contracts.events.replies import ReplyReceived
from contracts.events.union_events import BallotDeclared
from contracts.topics import BALLOTS, CAMPAIGNS, MEMBERS, REPLIES, UNION_EVENTS

E = TypeVar("E", bound=Event)
Handler = Callable[[Batch], Awaitable[None]]


def subscriptions(
    members: Members, replies: Replies, campaigns: Campaigns, declared_ballots: DeclaredBallots, restore: Restore
) -> tuple[Subscription, ...]:
    """One consumer group for each topic; event types that no handler takes are skipped."""
    return (
        Subscription((MEMBERS,), MEMBERS_GROUP, on_member(members), max_records=1000),
        Subscription((REPLIES,), REPLIES_GROUP, on_event(ReplyReceived, replies.receive)),
        Subscription((CAMPAIGNS,), "campaigns", campaigns.apply),
        Subscription((UNION_EVENTS,), "union-events", on_event(BallotDeclared, declared_ballots.apply)),
        Subscription((BALLOTS,), "own", on_event(BallotEvent, restore.apply)),
    )


def on_event(kind: type[E], handle: Callable[[Batch, Sequence[E]], Awaitable[None]]) -> Handler:
    """A handler of the events of one kind."""

    async def on_batch(batch: Batch) -> None:
        await handle(batch, [item.event for item in batch.events if isinstance(item.event, kind)])

    return on_batch


def on_member(members: Members) -> Handler:
    """A handler of member snapshots and erasures."""

    async def on_batch(batch: Batch) -> None:
        events = [item.event for item in batch.events]
        changes = [event for event in events if isinstance(event, MemberChanged)]
        await members.apply(batch, changes, [event for event in events if isinstance(event, MemberErased)])

    return on_batch
