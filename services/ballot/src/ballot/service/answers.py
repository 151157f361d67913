"""Answers: heard as texts, given by link."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from ballot.domain.answers import Matcher, NewAnswer, is_answer, read
from ballot.domain.poll import AnswerBy, Draft, Option, State, draft_of
from ballot.models import Poll
from ballot.repository import answers as repository
from ballot.repository import electorate, polls
from ballot.service.access import existing
from ballot.service.settling import settle
from chassis.clock import Clock
from chassis.db.database import Database
from chassis.errors import Conflict, Forbidden, Refused
from chassis.kafka.batch import Batch
from chassis.observability.logs import get
from contracts.ids import Ids
from contracts.replies import ReplyReceived
from sqlmodel.ext.asyncio.session import AsyncSession

log = get(__name__)


@dataclass(frozen=True, slots=True)
class Ballot:
    """What a member's page shows: the poll, their language, whether they have answered."""

    poll_id: UUID
    draft: Draft
    language: str
    answered: bool
    open: bool
    test: bool = False
    """The link was in a test send: what is answered is not counted."""


class Answers:
    """Takes answers and says where they stand."""

    def __init__(self, database: Database, ids: Ids, clock: Clock) -> None:
        self._database, self._ids, self._clock = database, ids, clock

    async def hear(self, batch: Batch, replies: Sequence[ReplyReceived]) -> None:
        """Take a batch of texts; those that answer no poll of ours are none of our business."""
        async with self._database.transaction() as session:
            await self._hear(session, [reply for reply in replies if is_answer(reply)])
            await batch.store(session)

    async def _hear(self, session: AsyncSession, replies: Sequence[ReplyReceived]) -> None:
        asked = await polls.polls_asked_by(session, {r.campaign_id for r in replies if r.campaign_id})
        asks = [(reply, _poll_of(reply, asked)) for reply in replies]
        known = await polls.shared(session, {poll_id for _, poll_id in asks if poll_id})
        drafts = {poll_id: draft_of(poll.draft) for poll_id, poll in known.items()}
        matchers = {poll_id: Matcher(draft.options) for poll_id, draft in drafts.items()}
        unknown = sum(1 for _, poll_id in asks if poll_id and poll_id not in known)
        if unknown:
            log.warning("answers to polls that are not here", count=unknown)
        new = [
            read(reply, poll_id, drafts[poll_id], matchers[poll_id])
            for reply, poll_id in asks
            if poll_id and poll_id in known
        ]
        await self._record(session, known, new)

    async def _record(self, session: AsyncSession, known: dict[UUID, Poll], new: Sequence[NewAnswer]) -> None:
        """Store what is new, and say anew where these voters' answers stand."""
        if not new:
            return
        behind = await _voters_behind(session, new)
        pairs = {(answer.poll_id, behind[answer.reply_id][0]) for answer in new}
        await repository.lock(session, pairs)
        added = await repository.add(session, new, behind)
        await settle(session, self._ids, pairs, self._clock.now())
        late_news = {a.poll_id for a in new if a.reply_id in added and _changes_a_count(a, known[a.poll_id])}
        if late_news:
            await polls.ask_for_recount(session, late_news)

    async def show(self, poll_id: UUID, member_id: UUID, *, test: bool = False) -> Ballot:
        """What the member's page shows; changes nothing. Refuses a member who is erased or was never known."""
        async with self._database.transaction() as session:
            poll, language = await _opened_by(session, poll_id, member_id)
            standing = None if test else await repository.standing_of(session, poll_id, member_id)
            answered, open_ = standing is not None, self._takes_answers(poll)
            return Ballot(poll_id, draft_of(poll.draft), language, answered, open_, test)

    async def give(
        self, poll_id: UUID, member_id: UUID, option_key: str, *, test: bool = False
    ) -> tuple[Ballot, Option]:
        """Take an answer by link, the standing one once more too: a text that came in between may not be heard yet."""
        async with self._database.transaction() as session:
            shared = await polls.shared(session, [poll_id])
            poll, language = await _opened_by(session, poll_id, member_id)
            draft = draft_of(poll.draft)
            option = next((option for option in draft.options if option.key == option_key), None)
            if not self._takes_answers(poll):
                raise Conflict("this poll is not open")
            if option is None:
                raise Refused("there is no such option", field="option")
            await self._record(session, shared, [self._given(poll_id, member_id, option, test=test)])
            return Ballot(poll_id, draft, language, True, True, test), option

    def _given(self, poll_id: UUID, member_id: UUID, option: Option, *, test: bool) -> NewAnswer:
        return NewAnswer(
            reply_id=uuid4(),
            poll_id=poll_id,
            member_id=member_id,
            channel="link",
            text="",
            option=option,
            received_at=self._clock.now(),
            test=test,
        )

    def _takes_answers(self, poll: Poll) -> bool:
        by_link = AnswerBy.LINK in poll.draft["answer_by"]
        return by_link and poll.state == State.OPEN and self._clock.now() < poll.closes_at


async def _opened_by(session: AsyncSession, poll_id: UUID, member_id: UUID) -> tuple[Poll, str]:
    """The poll behind a link, and the member's language. Reads only."""
    poll = await existing(session, poll_id)
    member = await electorate.one(session, member_id)
    if member is None or member.status in {"erased", "unknown"}:
        raise Forbidden("this link is not valid")
    return poll, member.language


def _poll_of(reply: ReplyReceived, asked: dict[UUID, UUID]) -> UUID | None:
    """As the dispatcher says, else as the campaign that was answered says."""
    by_campaign = asked.get(reply.campaign_id) if reply.campaign_id else None
    return reply.poll_id or by_campaign


async def _voters_behind(session: AsyncSession, new: Sequence[NewAnswer]) -> dict[UUID, tuple[UUID, bool]]:
    """By reply id: the member, or a random voter where none is known or is erased; and whether it is such a one."""
    members = await electorate.lock(session, {answer.member_id for answer in new if answer.member_id})
    erased = {member_id for member_id, member in members.items() if member.status == "erased"}
    return {
        answer.reply_id: (answer.member_id, False)
        if answer.member_id and answer.member_id not in erased
        else (uuid4(), True)
        for answer in new
    }


def _changes_a_count(answer: NewAnswer, poll: Poll) -> bool:
    """A text received in time that was heard of only after the count."""
    return poll.state == State.COUNTED and not answer.test and answer.received_at < poll.closes_at
