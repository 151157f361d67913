"""Answers for staff: listed by status, and unmatched ones decided by a person."""

from collections.abc import Sequence
from uuid import UUID

from ballot.domain.answers import AnswerStatus, PollVoter
from ballot.domain.polls import PollState
from ballot.models import Answer, Poll
from ballot.repository import answers, polls
from ballot.service.answer_recording import update_statuses
from ballot.service.authorisation import find_poll, is_within_branch, require_sensitive_scope
from chassis.clock import Clock
from chassis.db.database import Database
from chassis.errors import Conflict, Forbidden, NotFound, Refused
from chassis.http.auth import Caller
from contracts.ids import Ids


class Answers:
    """Lists and decides answers."""

    def __init__(self, database: Database, ids: Ids, clock: Clock) -> None:
        self._database, self._ids, self._clock = database, ids, clock

    async def page(
        self, caller: Caller, poll_id: UUID, *, status: AnswerStatus, after: int, limit: int
    ) -> Sequence[Answer]:
        """Answers with this status; of a wider poll, a branch sees only those of its own voters."""
        async with self._database.transaction() as session:
            poll = await find_poll(session, poll_id)
            await require_sensitive_scope(session, caller, poll_id)
            branch = None if await is_within_branch(session, caller.branch, poll.body) else caller.branch
            return await answers.page(session, poll_id, status=status, branch=branch, after=after, limit=limit)

    async def decide(self, caller: Caller, poll_id: UUID, answer_id: int, option_key: str | None) -> Answer:
        """Give an unmatched answer its option, or set it aside (None)."""
        now = self._clock.now()
        async with self._database.transaction() as session:
            poll = await polls.find(session, poll_id, lock=True)
            answer = await answers.lock_one(session, poll_id, answer_id)
            if poll is None or answer is None:
                raise NotFound("there is no such answer")
            await require_sensitive_scope(session, caller, poll_id)
            if not await is_within_branch(session, caller.branch, poll.body) and not await answers.is_of_branch(
                session, poll_id, answer.voter, caller.branch or ""
            ):
                raise Forbidden("this token is limited to another branch's members")
            if answer.status != AnswerStatus.UNMATCHED:
                raise Conflict(f"this answer is {answer.status}: only an unmatched one can be decided")
            _decide(answer, poll, option_key)
            answer.decided_by, answer.decided_at = caller.client_id, now
            poll.recount = poll.recount or poll.state == PollState.COUNTED
            await session.flush()
            await update_statuses(session, self._ids, {PollVoter(poll_id, answer.voter)}, now)
            await session.refresh(answer)
            return answer


def _decide(answer: Answer, poll: Poll, option_key: str | None) -> None:
    if option_key is None:
        answer.set_aside = True
        return
    option = poll.definition.option(option_key)
    if option is None:
        raise Refused("there is no such option", field="option")
    answer.option, answer.effect = option.key, option.effect
