"""Whose poll a caller may touch."""

from uuid import UUID

from ballot.models import Poll
from ballot.repository import electorate, polls
from chassis.errors import Forbidden, NotFound
from sqlmodel.ext.asyncio.session import AsyncSession


async def within_branch(session: AsyncSession, branch: str | None, body: str) -> bool:
    """Whether an electorate lies within the branch that a caller is limited to; None is not limited."""
    return branch is None or body in await electorate.bodies_within(session, branch)


async def ensure_within_branch(session: AsyncSession, branch: str | None, body: str) -> None:
    """Refuse a caller who is limited to a branch anything wider."""
    if not await within_branch(session, branch, body):
        raise Forbidden("this token is limited to one branch, and the poll's electorate is not within it", field="body")


async def found(session: AsyncSession, poll_id: UUID, branch: str | None, *, lock: bool = False) -> Poll:
    """The poll, if there is one and the caller may touch it."""
    poll = await existing(session, poll_id, lock=lock)
    await ensure_within_branch(session, branch, poll.body)
    return poll


async def existing(session: AsyncSession, poll_id: UUID, *, lock: bool = False) -> Poll:
    """The poll, whoever asks."""
    poll = await polls.one(session, poll_id, lock=lock)
    if poll is None:
        raise NotFound("there is no such poll")
    return poll
