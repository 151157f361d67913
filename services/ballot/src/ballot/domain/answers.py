"""What an answer means. Nothing is guessed: what is not one of a poll's words is left to a person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from ballot.domain.poll import AnswerBy, Draft, Kind, Option, words_of
from contracts.enums import Effect, Intent
from contracts.keywords import normalise
from contracts.replies import ReplyReceived

_NOT_ANSWERS = frozenset({Intent.STOP, Intent.START, Intent.HELP})
LONGEST_TEXT = 2000


class Status(StrEnum):
    """Where an answer stands. Every answer has exactly one, so that all of them add up to what was received."""

    COUNTED = "counted"
    SUPERSEDED = "superseded"
    UNMATCHED = "unmatched"
    SET_ASIDE = "set_aside"
    LATE = "late"
    EARLY = "early"
    NOT_ON_ROLL = "not_on_roll"
    TEST = "test"
    """It answers a test send: for a person to see, never a vote."""


@dataclass(frozen=True, slots=True)
class NewAnswer:
    """An answer as it came in; `member_id` None when nobody is known behind it."""

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


class Matcher:
    """Finds the option that a whole message names, by number, label or keyword."""

    def __init__(self, options: Sequence[Option]) -> None:
        self._by_word = {
            word: option for number, option in enumerate(options, start=1) for _, word in words_of(number, option)
        }

    def match(self, text: str) -> Option | None:
        """None unless the whole message is one of the words."""
        return self._by_word.get(normalise(text))


def is_answer(reply: ReplyReceived) -> bool:
    """A STOP, START or HELP is no answer; an intent we do not know is listed for a person rather than dropped."""
    return reply.intent not in _NOT_ANSWERS


def read(reply: ReplyReceived, poll_id: UUID, draft: Draft, matcher: Matcher) -> NewAnswer:
    """An inbound text as an answer to a poll. Only intent `answer` is matched."""
    plain = reply.intent == Intent.ANSWER and AnswerBy.TEXT in draft.answer_by
    return NewAnswer(
        reply_id=reply.reply_id,
        poll_id=poll_id,
        member_id=reply.member_id,
        channel=reply.channel,
        text=storable(reply.text),
        option=matcher.match(reply.text) if plain else None,
        received_at=reply.received_at,
        campaign_id=reply.campaign_id,
        delivery_id=reply.delivery_id,
        test=reply.test,
    )


def storable(text: str) -> str:
    """PostgreSQL keeps no NUL; and nobody reads on after this much."""
    return text.replace("\x00", "")[:LONGEST_TEXT]


def turnout_effects(kind: str) -> tuple[str, ...]:
    """The effects whose counted answers are turnout: in a canvass only those who say that they have voted."""
    return (Effect.VOTED,) if kind == Kind.FOLLOWED_BALLOT else tuple(Effect)
