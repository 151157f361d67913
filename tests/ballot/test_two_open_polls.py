"""A text from a number that two open polls were asked of: its words decide which one it answers, or a person does."""

from uuid import UUID, uuid4

from contracts.events.replies import OpenAsk, ReplyReceived

from tests.ballot.builders import reply
from tests.ballot.scenario import Scenario

CHOICE = [
    {"key": "leeds", "label": "Leeds", "keywords": ["leeds"], "effect": "none"},
    {"key": "york", "label": "York", "keywords": ["york"], "effect": "none"},
]


def answer(older: str, newer: str, member_id: UUID, text: str) -> ReplyReceived:
    """As the dispatcher says it: the latest ask in its own fields, all of them in `asks`."""
    asks = [
        OpenAsk(delivery_id=uuid4(), campaign_id=uuid4(), step=1, member_id=member_id, poll_id=UUID(poll))
        for poll in (newer, older)
    ]
    latest = {name: getattr(asks[0], name) for name in ("delivery_id", "campaign_id", "step")}
    return reply(newer, member_id, text, asks=tuple(asks), **latest)


async def test_a_text_answers_the_one_poll_whose_words_it_has_and_else_waits_for_a_person(scenario: Scenario) -> None:
    ids = await scenario.add_members(4)
    older, newer = await scenario.open_poll(), await scenario.open_poll(options=CHOICE)
    texts = ("voted", "york", "1", "see you there")
    await scenario.publish_replies(*(answer(older, newer, one, text) for one, text in zip(ids, texts, strict=True)))
    await scenario.result(older, received=1, counted=1)
    await scenario.result(newer, received=3, counted=1, unmatched=2)
    waiting = {each["text"] for each in await scenario.list_answers(newer)}
    assert waiting == {"1", "see you there"}, "a number fits both: it is not given to the newer by silence"
