"""Stores answers, recomputes which of them count, and publishes who took part."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from ballot.domain.answers import NewAnswer, PollVoter
from ballot.domain.polls import PollState
from ballot.models import Poll
from ballot.repository import answers, members, participations, polls
from ballot.service.events import publish_participations
from chassis.db.database import Database
from contracts.ids import Ids
from sqlmodel.ext.asyncio.session import AsyncSession

_MOST = 1000


async def record(
    session: AsyncSession, ids: Ids, known: Mapping[UUID, Poll], received: Sequence[NewAnswer], now: datetime
) -> None:
    """Store answers that are new and recompute their voters' statuses. `known` are their polls, locked.

    A poll that is already counted is counted again when an answer to it was received before its closing.
    """
    if not received:
        return
    new = await _without_erased_members(session, received)
    voters = {PollVoter(answer.poll_id, answer.voter) for answer in new}
    await answers.lock(session, voters)
    added = await answers.add(session, new)
    await update_statuses(session, ids, voters, now)
    changed = {a.poll_id for a in new if a.reply_id in added and _changes_a_count(a, known[a.poll_id])}
    if changed:
        await polls.request_recount(session, changed)


async def _without_erased_members(session: AsyncSession, received: Sequence[NewAnswer]) -> list[NewAnswer]:
    statuses = await members.lock_statuses(session, {answer.member_id for answer in received if answer.member_id})
    return [
        replace(answer, member_id=None) if answer.member_id and statuses[answer.member_id] == "erased" else answer
        for answer in received
    ]


def _changes_a_count(answer: NewAnswer, poll: Poll) -> bool:
    return poll.state == PollState.COUNTED and not answer.test and answer.received_at < poll.closes_at


async def update_statuses(session: AsyncSession, ids: Ids, voters: Collection[PollVoter], now: datetime) -> None:
    """Recompute the statuses of these voters' answers, and publish who took part."""
    await answers.update_statuses(session, voters)
    await _update_participations(session, ids, voters, now)


async def settle(database: Database, ids: Ids, poll_id: UUID, now: datetime) -> None:
    """Recompute the statuses that the opening or closing of a poll has outdated, some voters at a time: answers to it
    are recorded meanwhile."""
    more = True
    while more:
        async with database.transaction() as session:
            poll = (await polls.lock_shared(session, [poll_id]))[poll_id]
            more = await settle_some(session, ids, poll, now)


async def settle_some(session: AsyncSession, ids: Ids, poll: Poll, now: datetime) -> bool:
    """One batch; whether there may be more. The poll is locked."""
    voters = await answers.outdated(session, poll, _MOST)
    if voters:
        await answers.lock(session, voters)
        await update_statuses(session, ids, voters, now)
    return len(voters) == _MOST


async def _update_participations(session: AsyncSession, ids: Ids, voters: Collection[PollVoter], now: datetime) -> None:
    changes = await participations.update(session, voters, now.date())
    await publish_participations(session, ids, changes, now)
