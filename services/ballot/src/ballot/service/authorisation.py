"""Which polls a caller may use. A token limited to a branch is for electorates within that branch."""

from uuid import UUID

from ballot.domain.history import NOT_FOR_CALLER
from ballot.models import Poll
from ballot.repository import campaigns, electorates, polls
from chassis.errors import Forbidden, NotFound
from chassis.http.auth import Caller
from contracts.scopes import SENSITIVE_SCOPE
from sqlmodel.ext.asyncio.session import AsyncSession


async def is_within_branch(session: AsyncSession, branch: str | None, body: str) -> bool:
    """Whether an electorate lies within a branch; None is no limit."""
    return branch is None or body in await electorates.bodies_within(session, branch)


async def require_within_branch(session: AsyncSession, branch: str | None, body: str) -> None:
    """Raises Forbidden when the electorate does not lie within the branch."""
    if not await is_within_branch(session, branch, body):
        raise Forbidden("this token is limited to one branch, and the poll's electorate is not within it", field="body")


async def require_sensitive_scope(session: AsyncSession, caller: Caller, poll_id: UUID) -> None:
    """Raises Forbidden when a sensitive campaign asks the poll and the caller lacks the scope."""
    if SENSITIVE_SCOPE not in caller.scopes and (await campaigns.sensitive(session, [poll_id])).get(poll_id):
        raise Forbidden(NOT_FOR_CALLER)


async def find_poll(session: AsyncSession, poll_id: UUID, *, lock: bool = False) -> Poll:
    """The poll, without a limit to a branch. Raises NotFound."""
    poll = await polls.find(session, poll_id, lock=lock)
    if poll is None:
        raise NotFound("there is no such poll")
    return poll


async def find_poll_within(session: AsyncSession, poll_id: UUID, branch: str | None, *, lock: bool = False) -> Poll:
    """The poll, if its electorate lies within the branch. Raises NotFound or Forbidden."""
    poll = await find_poll(session, poll_id, lock=lock)
    await require_within_branch(session, branch, poll.body)
    return poll
