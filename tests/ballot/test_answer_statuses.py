"""Statuses of answers, against a plain model of the rule, and with many at once."""

import asyncio
import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import UUID

from ballot.settings import Settings
from contracts.events.replies import ReplyReceived

from tests.ballot.builders import STATUSES, reply
from tests.ballot.scenario import Scenario
from tests.support.answers import http_client
from tests.support.facts import eventually

WORDS = {
    "voted": "voted",
    "1": "voted",
    "notyet": "notyet",
    "2": "notyet",
    "leave me": "leave",
    "erm": None,
    "ok?": None,
}


def expected(
    said: list[ReplyReceived], opened: datetime, closed: datetime, roll: set[UUID]
) -> tuple[Counter[str], Counter[str]]:
    """Counts by status and totals by the rule, one answer after another."""
    by_status: Counter[str] = Counter()
    last: dict[UUID, str] = {}
    for one in sorted(said, key=lambda each: each.received_at):
        meant = WORDS[one.text]
        if one.received_at >= closed:
            by_status["late"] += 1
        elif one.received_at < opened:
            by_status["early"] += 1
        elif one.member_id not in roll:
            by_status["not_on_roll"] += 1
        elif meant is None:
            by_status["unmatched"] += 1
        else:
            by_status["superseded" if one.member_id in last else "counted"] += 1
            last[one.member_id] = meant
    return by_status, Counter(last.values())


async def test_statuses_and_totals_are_those_of_the_rule_whatever_the_order(scenario: Scenario) -> None:
    rng = random.Random(20260304)
    ids = list(await scenario.add_members(12))
    strangers = [UUID(int=rng.getrandbits(128)) for _ in range(3)]
    poll_id = await scenario.open_poll()
    opened = datetime.fromisoformat((await scenario.client.get(f"/polls/{poll_id}")).json()["opened_at"])
    closes = datetime.fromisoformat((await scenario.client.get(f"/polls/{poll_id}")).json()["closes_at"])
    said = [
        reply(
            poll_id,
            rng.choice([*ids, *strangers]),
            rng.choice(list(WORDS)),
            received_at=rng.choice([opened, opened, opened, closes, opened - timedelta(hours=2)])
            + timedelta(seconds=rng.uniform(0, 60)),
        )
        for _ in range(200)
    ]
    await scenario.publish_replies(*said, *rng.sample(said, 20))
    result = await scenario.result(poll_id, received=200)
    by_status, totals = expected(said, opened, closes, set(ids))
    assert {name: result[name] for name in STATUSES} == {name: by_status[name] for name in STATUSES}
    chosen = Counter(answer["option"] for answer in await scenario.list_answers(poll_id, "counted"))
    assert chosen == totals


async def test_one_answer_a_member_counts_however_many_come_at_once(scenario: Scenario) -> None:
    ids = await scenario.add_members(3)
    poll_id = await scenario.open_poll()
    links = scenario.world.settings(Settings).links
    later = datetime.now(UTC) + timedelta(hours=1)
    paths = [f"/answer/{links.sign('answer', UUID(poll_id), one, expires_at=later)}" for one in ids]
    texts = scenario.publish_replies(
        *(reply(poll_id, one, text) for one in ids for text in ("voted", "2", "leave me") * 3)
    )
    async with http_client("ballot", scenario.client.base_url) as browser:
        posts = [browser.post(path, data={"option": key}) for path in paths for key in ("voted", "notyet") * 5]
        answers = await asyncio.gather(*posts, texts)
    assert {answer.status_code for answer in answers if answer} == {200}

    async def texts_taken() -> int:
        everything = [answer for status in STATUSES for answer in await scenario.list_answers(poll_id, status)]
        return sum(answer["channel"] == "sms" for answer in everything)

    assert await eventually(texts_taken, until=lambda taken: taken == 27)
    final = await scenario.close_and_count(poll_id)
    assert final["received"] == 27 + 30
    assert (final["counted"], final["took_part"]) == (3, 3)
    assert final["received"] == final["counted"] + final["superseded"]
