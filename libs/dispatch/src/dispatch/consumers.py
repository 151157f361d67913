"""What every dispatcher hears. Urgent requests have a hearing of their own, so that no queue is before them."""

from chassis.consuming import Batch, Hearing
from contracts import topics
from contracts.topics import Topic
from dispatch.admitting import Admitting
from dispatch.projecting import Projecting


class Consumers:
    """The handlers, one a topic."""

    def __init__(self, channel: str, projecting: Projecting, admitting: Admitting) -> None:
        self._projecting, self._admitting = projecting, admitting
        self.projections = (
            Hearing((topics.MEMBERS,), "members", self.on_members),
            Hearing((topics.CAMPAIGNS,), "campaigns", self.on_campaigns),
            Hearing((topics.PARTICIPATION,), "participation", self.on_participation),
            Hearing((topics.REPLIES,), "replies", self.on_replies),
        )
        """Nothing is claimed until these have once caught up."""
        self.hearings = (
            *self.projections,
            *(Hearing((topic,), group, self.on_requests) for group, topic in request_groups(channel)),
        )

    async def on_members(self, batch: Batch) -> None:
        """Contact data, and the end of it."""
        await self._projecting.members(batch)

    async def on_campaigns(self, batch: Batch) -> None:
        """Content, pauses, cancellations, and the union-wide stop."""
        await self._projecting.campaigns(batch)

    async def on_participation(self, batch: Batch) -> None:
        """Who is not to be asked again."""
        await self._projecting.participation(batch)

    async def on_replies(self, batch: Batch) -> None:
        """Our own: what a restored database has forgotten."""
        await self._projecting.replies(batch)

    async def on_requests(self, batch: Batch) -> None:
        """Deliveries wanted."""
        await self._admitting.requests(batch)


def request_groups(channel: str) -> tuple[tuple[str, Topic], ...]:
    """Group and topic of each hearing of requests, the urgent one first."""
    return (
        ("requests-urgent", topics.requests_for(channel, urgent=True)),
        ("requests", topics.requests_for(channel, urgent=False)),
    )
