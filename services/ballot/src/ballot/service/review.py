"""What a person does about answers that were not understood."""

from collections.abc import Sequence
from uuid import UUID

from ballot.domain.answers import Status
from ballot.domain.disclosure import NOT_FOR_CALLER
from ballot.domain.poll import State, draft_of
from ballot.models import Answer, Poll
from ballot.repository import answers as repository
from ballot.repository import polls
from ballot.service.access import existing, within_branch
from ballot.service.settling import settle
from chassis.auth import Caller
from chassis.clock import Clock
from chassis.database import Database
from chassis.errors import Conflict, Forbidden, NotFound, Refused
from contracts.ids import Ids
from contracts.scopes import SENSITIVE_SCOPE
from sqlmodel.ext.asyncio.session import AsyncSession


class Review:
    """Lists answers and takes decisions on them."""

    def __init__(self, database: Database, ids: Ids, clock: Clock) -> None:
        self._database, self._ids, self._clock = database, ids, clock

    async def listed(
        self, caller: Caller, poll_id: UUID, *, status: Status, after: int, limit: int
    ) -> Sequence[Answer]:
        """Answers that stand there, for a person to look at; of wider polls a branch sees its own voters' only."""
        branch = caller.branch
        async with self._database.transaction() as session:
            poll = await existing(session, poll_id)
            await _permit(session, caller, poll_id)
            own = None if await within_branch(session, branch, poll.body) else branch
            return await repository.page(session, poll_id, status=status, branch=own, after=after, limit=limit)

    async def decide(self, caller: Caller, poll_id: UUID, answer_id: int, option_key: str | None) -> Answer:
        """A person says what an unmatched answer means; None sets it aside."""
        branch = caller.branch
        async with self._database.transaction() as session:
            poll = await polls.one(session, poll_id, lock=True)
            answer = await repository.one(session, poll_id, answer_id)
            if poll is None or answer is None:
                raise NotFound("there is no such answer")
            await _permit(session, caller, poll_id)
            if not await within_branch(session, branch, poll.body) and not await repository.is_of_branch(
                session, poll_id, answer.voter, branch or ""
            ):
                raise Forbidden("this token is limited to another branch's members")
            if answer.status != Status.UNMATCHED:
                raise Conflict(f"this answer is {answer.status}: only an unmatched one can be decided")
            _decide(answer, poll, option_key)
            answer.decided_by, answer.decided_at = caller.client_id, self._clock.now()
            poll.recount = poll.recount or poll.state == State.COUNTED
            await session.flush()
            await settle(session, self._ids, {(poll_id, answer.voter)}, self._clock.now())
            await session.refresh(answer)
            return answer


async def _permit(session: AsyncSession, caller: Caller, poll_id: UUID) -> None:
    if SENSITIVE_SCOPE not in caller.scopes and (await polls.sensitive(session, [poll_id])).get(poll_id):
        raise Forbidden(NOT_FOR_CALLER)


def _decide(answer: Answer, poll: Poll, option_key: str | None) -> None:
    if option_key is None:
        answer.set_aside = True
        return
    option = next((option for option in draft_of(poll.draft).options if option.key == option_key), None)
    if option is None:
        raise Refused("there is no such option", field="option")
    answer.option, answer.effect = option.key, option.effect
