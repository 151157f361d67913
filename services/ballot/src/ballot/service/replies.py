"""Texts from members, recorded as answers to polls."""

from collections.abc import Mapping, Sequence
from functools import partial
from uuid import UUID

from ballot.domain.answers import Matcher, answer_of, assigned, is_answer, takes_texts
from ballot.repository import campaigns, polls
from ballot.service.answer_recording import record
from chassis.clock import Clock
from chassis.db.database import Database
from chassis.kafka.batch import Batch
from chassis.observability.logs import get
from contracts.events.replies import ReplyReceived
from contracts.ids import Ids
from sqlmodel.ext.asyncio.session import AsyncSession

REPLIES_GROUP = "replies"
log = get(__name__)


class Replies:
    """Consumes `replies`."""

    def __init__(self, database: Database, ids: Ids, clock: Clock) -> None:
        self._database, self._ids, self._clock = database, ids, clock

    async def receive(self, batch: Batch, replies: Sequence[ReplyReceived]) -> None:
        """Record a batch of texts; those that answer no poll of ballot's are ignored."""
        async with self._database.transaction() as session:
            await self._record(session, [reply for reply in replies if is_answer(reply)])
            await batch.store(session)

    async def _record(self, session: AsyncSession, replies: Sequence[ReplyReceived]) -> None:
        by_campaign = await campaigns.polls_asked_by(session, {r.campaign_id for r in replies if r.campaign_id})
        named = {poll_id for reply in replies if (poll_id := _poll_of(reply, by_campaign))}
        known = await polls.lock_shared(session, named.union(ask.poll_id for reply in replies for ask in reply.asks))
        matchers = {poll_id: Matcher(poll.definition.options) for poll_id, poll in known.items()}

        def fits(text: str, poll_id: UUID) -> bool:
            poll = known.get(poll_id)
            return poll is not None and takes_texts(poll.definition) and matchers[poll_id].match(text) is not None

        replies = [assigned(reply, partial(fits, reply.text)) for reply in replies]
        answered = [(reply, poll_id) for reply in replies if (poll_id := _poll_of(reply, by_campaign))]
        unknown = sum(1 for _, poll_id in answered if poll_id not in known)
        if unknown:
            log.warning("answers to unknown polls ignored", count=unknown)
        received = [
            answer_of(reply, poll_id, known[poll_id].definition, matchers[poll_id])
            for reply, poll_id in answered
            if poll_id in known
        ]
        await record(session, self._ids, known, received, self._clock.now())


def _poll_of(reply: ReplyReceived, by_campaign: Mapping[UUID, UUID]) -> UUID | None:
    """The poll named by the dispatcher, else the poll of the campaign that was answered."""
    return reply.poll_id or (by_campaign.get(reply.campaign_id) if reply.campaign_id else None)
