"""A member's own page for a poll, opened by a signed link: shows the poll and takes an answer."""

from dataclasses import dataclass
from uuid import UUID, uuid4

from ballot.domain.answers import NewAnswer
from ballot.domain.polls import AnswerBy, Option, PollDefinition, PollState
from ballot.models import Poll
from ballot.repository import answers, members, polls
from ballot.service.answer_recording import record
from ballot.service.authorisation import find_poll
from chassis.clock import Clock
from chassis.db.database import Database
from chassis.errors import Conflict, Forbidden, Refused
from contracts.ids import Ids
from sqlmodel.ext.asyncio.session import AsyncSession


@dataclass(frozen=True, slots=True)
class AnswerLink:
    """The poll and the member that a link is for. The answer to one from a test send is not counted."""

    poll_id: UUID
    member_id: UUID
    test: bool = False


@dataclass(frozen=True, slots=True)
class MemberPage:
    """What the page shows: the poll, the member's language, whether they have answered."""

    definition: PollDefinition
    language: str
    answered: bool
    open: bool
    test: bool


class MemberPages:
    """Shows polls to members and takes their answers."""

    def __init__(self, database: Database, ids: Ids, clock: Clock) -> None:
        self._database, self._ids, self._clock = database, ids, clock

    async def show(self, link: AnswerLink) -> MemberPage:
        """The page; changes nothing. Raises Forbidden for a member who is erased or was never known."""
        async with self._database.transaction() as session:
            poll, language = await _open_link(session, link)
            answered = not link.test and await answers.has_answered(session, link.poll_id, link.member_id)
            return MemberPage(poll.definition, language, answered, self._takes_answers(poll), link.test)

    async def submit(self, link: AnswerLink, option_key: str) -> tuple[MemberPage, Option]:
        """Record an answer; returns the page and the chosen option. Raises Forbidden, Conflict or Refused.

        The option chosen before is recorded again too: a text received in between may not have been consumed yet.
        """
        async with self._database.transaction() as session:
            locked = await polls.lock_shared(session, [link.poll_id])
            poll, language = await _open_link(session, link)
            option = poll.definition.option(option_key)
            if not self._takes_answers(poll):
                raise Conflict("this poll is not open")
            if option is None:
                raise Refused("there is no such option", field="option")
            answer = self._answer(link, option)
            await record(session, self._ids, locked, [answer], answer.received_at)
            return MemberPage(poll.definition, language, answered=True, open=True, test=link.test), option

    def _answer(self, link: AnswerLink, option: Option) -> NewAnswer:
        return NewAnswer(
            reply_id=uuid4(),
            poll_id=link.poll_id,
            member_id=link.member_id,
            channel="link",
            text="",
            option=option,
            received_at=self._clock.now(),
            test=link.test,
        )

    def _takes_answers(self, poll: Poll) -> bool:
        by_link = AnswerBy.LINK in poll.definition.answer_by
        return by_link and poll.state == PollState.OPEN and self._clock.now() < poll.closes_at


async def _open_link(session: AsyncSession, link: AnswerLink) -> tuple[Poll, str]:
    """The poll and the member's language. Reads only."""
    poll = await find_poll(session, link.poll_id)
    member = await members.find(session, link.member_id)
    if member is None or member.status in {"erased", "unknown"}:
        raise Forbidden("this link is not valid")
    return poll, member.language
