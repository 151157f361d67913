"""What ballot hears."""

from collections.abc import Awaitable, Callable

from ballot.service.answers import Answers
from ballot.service.counting import REPLIES_GROUP
from ballot.service.electorate import Electorate
from ballot.service.following import Following
from ballot.service.polls import MEMBERS_GROUP
from chassis.consuming import Batch, Hearing
from contracts.ballots import BallotEvent
from contracts.campaigns import CampaignEvent
from contracts.members import MemberChanged, MemberErased
from contracts.replies import ReplyReceived
from contracts.topics import BALLOTS, CAMPAIGNS, MEMBERS, REPLIES, UNION_EVENTS
from contracts.union_events import BallotDeclared

Handler = Callable[[Batch], Awaitable[None]]


def hearings(electorate: Electorate, answers: Answers, following: Following) -> tuple[Hearing, ...]:
    """Every topic that ballot reads, each under a group of its own."""
    return (
        Hearing((MEMBERS,), MEMBERS_GROUP, on_member(electorate), max_records=1000),
        Hearing((REPLIES,), REPLIES_GROUP, on_reply(answers)),
        Hearing((CAMPAIGNS,), "campaigns", on_campaign(following)),
        Hearing((UNION_EVENTS,), "union-events", on_union_event(following)),
        Hearing((BALLOTS,), "own", on_own(following)),
    )


def on_member(electorate: Electorate) -> Handler:
    """Snapshots and erasures."""

    async def heard(batch: Batch) -> None:
        events = [item.event for item in batch.heard]
        changes = [event for event in events if isinstance(event, MemberChanged)]
        await electorate.hear(batch, changes, [event for event in events if isinstance(event, MemberErased)])

    return heard


def on_reply(answers: Answers) -> Handler:
    """Inbound texts."""

    async def heard(batch: Batch) -> None:
        await answers.hear(batch, [item.event for item in batch.heard if isinstance(item.event, ReplyReceived)])

    return heard


def on_campaign(following: Following) -> Handler:
    """Which campaign asks which poll."""

    async def heard(batch: Batch) -> None:
        await following.hear_campaigns(batch, [i.event for i in batch.heard if isinstance(i.event, CampaignEvent)])

    return heard


def on_union_event(following: Following) -> Handler:
    """Declared ballots; the other union events are not for us."""

    async def heard(batch: Batch) -> None:
        await following.hear_declared(batch, [i.event for i in batch.heard if isinstance(i.event, BallotDeclared)])

    return heard


def on_own(following: Following) -> Handler:
    """What we said of our own polls."""

    async def heard(batch: Batch) -> None:
        await following.hear_own(batch, [i.event for i in batch.heard if isinstance(i.event, BallotEvent)])

    return heard
