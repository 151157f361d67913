"""What every dispatcher reads from Kafka. Urgent requests have a subscription of their own: no queue is before them."""

from chassis.kafka.batch import Batch
from chassis.kafka.subscription import Subscription
from contracts import topics
from contracts.topics import Topic
from dispatch.admission.admission import Admission
from dispatch.projection.projection import Projection
from dispatch.restore.recovery import RestoreRecovery


class Consumers:
    """The handlers, one a topic."""

    def __init__(self, channel: str, projection: Projection, admission: Admission, recovery: RestoreRecovery) -> None:
        self._projection, self._admission, self._recovery = projection, admission, recovery
        handlers = (self.on_members, self.on_campaigns, self.on_participation, self.on_replies)
        self.subscriptions = (
            *(Subscription((topic,), group, each) for (group, topic), each in zip(PROJECTIONS, handlers, strict=True)),
            *(Subscription((topic,), group, self.on_requests) for group, topic in request_groups(channel)),
            *(Subscription((topic,), group, self.on_deliveries) for group, topic in SAID),
        )

    async def on_members(self, batch: Batch) -> None:
        """Contact data, and the end of it."""
        await self._projection.members(batch)

    async def on_campaigns(self, batch: Batch) -> None:
        """Content, pauses, cancellations, and the union-wide stop."""
        await self._projection.campaigns(batch)

    async def on_participation(self, batch: Batch) -> None:
        """Who is not to be asked again."""
        await self._projection.participation(batch)

    async def on_replies(self, batch: Batch) -> None:
        """Our own: what a restored database has forgotten."""
        await self._projection.replies(batch)

    async def on_requests(self, batch: Batch) -> None:
        """Deliveries wanted."""
        await self._admission.requests(batch)

    async def on_deliveries(self, batch: Batch) -> None:
        """Our own: how far they had got is all that is kept, so that a restored database notices."""
        await self._recovery.said(batch)


PROJECTIONS: tuple[tuple[str, Topic], ...] = (
    ("members", topics.MEMBERS),
    ("campaigns", topics.CAMPAIGNS),
    ("participation", topics.PARTICIPATION),
    ("replies", topics.REPLIES),
)
"""Group and topic. Nothing is claimed until these have once been read, by whichever replica."""
SAID: tuple[tuple[str, Topic], ...] = (("deliveries", topics.DELIVERIES),)
"""Every acceptance is told there: a ledger that knows less of it than its group was restored."""


def request_groups(channel: str) -> tuple[tuple[str, Topic], ...]:
    """Group and topic of each subscription of requests, the urgent one first."""
    return (
        ("requests-urgent", topics.requests_for(channel, urgent=True)),
        ("requests", topics.requests_for(channel, urgent=False)),
    )
