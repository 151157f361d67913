"""Answers: their statuses, and which option a text names. A text that is not one of a poll's words is never guessed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID, uuid4

from ballot.domain.polls import AnswerBy, Option, PollDefinition, PollKind
from contracts.enums import Effect, Intent
from contracts.events.replies import ReplyReceived
from contracts.keywords import normalise

_NOT_ANSWERS = frozenset({Intent.STOP, Intent.START, Intent.HELP})
PICTURE = "(picture)"
"""Stands for the words of a picture without any."""
MAX_TEXT = 2000
"""Characters of a text that are stored."""


class AnswerStatus(StrEnum):
    """Every answer has exactly one status, so the counts of all statuses add up to the answers received."""

    COUNTED = "counted"
    SUPERSEDED = "superseded"
    UNMATCHED = "unmatched"
    SET_ASIDE = "set_aside"
    LATE = "late"
    EARLY = "early"
    NOT_ON_ROLL = "not_on_roll"
    TEST = "test"
    """It answers a test send: shown to staff, never a vote."""


class PollVoter(NamedTuple):
    """A voter in a poll."""

    poll_id: UUID
    voter: UUID


@dataclass(frozen=True, slots=True)
class NewAnswer:
    """An answer as received. `member_id` is None when the member is unknown or erased."""

    reply_id: UUID
    poll_id: UUID
    member_id: UUID | None
    channel: str
    text: str
    option: Option | None
    received_at: datetime
    campaign_id: UUID | None = None
    delivery_id: UUID | None = None
    test: bool = False
    random_voter: UUID = field(default_factory=uuid4, compare=False)

    @property
    def voter(self) -> UUID:
        """The member, or a random id in place of an unknown one."""
        return self.member_id or self.random_voter


class Matcher:
    """Finds the option that a whole text names by number, label or keyword."""

    def __init__(self, options: Sequence[Option]) -> None:
        self._by_word = {
            word: option for number, option in enumerate(options, start=1) for _, word in option.words(number)
        }

    def match(self, text: str) -> Option | None:
        """None unless the whole text is one of the words."""
        return self._by_word.get(normalise(text))


def is_answer(reply: ReplyReceived) -> bool:
    """False for STOP, START and HELP. A reply with an unknown intent is an answer: listed for staff, not dropped."""
    return reply.intent not in _NOT_ANSWERS


def takes_texts(definition: PollDefinition) -> bool:
    """Whether a text may be an answer to it."""
    return AnswerBy.TEXT in definition.answer_by


def answer_of(reply: ReplyReceived, poll_id: UUID, definition: PollDefinition, matcher: Matcher) -> NewAnswer:
    """An inbound text as an answer to a poll. Only an answer, or an unclear stop that may be one, is matched to an
    option, and not where it fits several polls."""
    may_match = not reply.asks and takes_texts(definition) and reply.intent in (Intent.ANSWER, Intent.UNCLEAR_STOP)
    return NewAnswer(
        reply_id=reply.reply_id,
        poll_id=poll_id,
        member_id=reply.member_id,
        channel=reply.channel,
        text=storable(reply.text) or (PICTURE if reply.media else ""),
        option=matcher.match(reply.text) if may_match else None,
        received_at=reply.received_at,
        campaign_id=reply.campaign_id,
        delivery_id=reply.delivery_id,
        test=reply.test,
    )


def assigned(reply: ReplyReceived, fits: Callable[[UUID], bool]) -> ReplyReceived:
    """The reply as one to a single poll. Of several that were open it answers the only one that its text fits; if it
    fits more, it names no option, and stands with the latest until a person decides."""
    if not reply.asks:
        return reply
    fitting = [ask for ask in reply.asks if fits(ask.poll_id)]
    if len(fitting) == 1:
        return reply.model_copy(update={**dict(fitting[0]), "asks": ()})
    return reply if fitting else reply.model_copy(update={"asks": ()})


def storable(text: str) -> str:
    """Without NUL, which PostgreSQL cannot store, and cut to MAX_TEXT characters."""
    return text.replace("\x00", "")[:MAX_TEXT]


def turnout_effects(kind: str) -> tuple[str, ...]:
    """The effects whose counted answers are turnout: in a canvass only those of members who say they have voted."""
    return (Effect.VOTED,) if kind == PollKind.FOLLOWED_BALLOT else tuple(Effect)
