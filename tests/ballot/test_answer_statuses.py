"""Where answers stand, against a plain model of the rule, and under a crowd."""

import asyncio
import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
from ballot.settings import Settings
from contracts.replies import ReplyReceived

from tests.ballot.builders import STATUSES, reply
from tests.ballot.scenario import Scenario
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
    """Standings and totals as the rule reads, one answer after another."""
    standings: Counter[str] = Counter()
    last: dict[UUID, str] = {}
    for one in sorted(said, key=lambda each: each.received_at):
        meant = WORDS[one.text]
        if one.received_at >= closed:
            standings["late"] += 1
        elif one.received_at < opened:
            standings["early"] += 1
        elif one.member_id not in roll:
            standings["not_on_roll"] += 1
        elif meant is None:
            standings["unmatched"] += 1
        else:
            standings["superseded" if one.member_id in last else "counted"] += 1
            last[one.member_id] = meant
    return standings, Counter(last.values())


async def test_standings_and_totals_are_those_of_the_rule_whatever_the_order(scenario: Scenario) -> None:
    dice = random.Random(20260304)
    ids = list(await scenario.add_members(12))
    strangers = [UUID(int=dice.getrandbits(128)) for _ in range(3)]
    poll_id = await scenario.open_poll()
    opened = datetime.fromisoformat((await scenario.client.get(f"/polls/{poll_id}")).json()["opened_at"])
    closes = datetime.fromisoformat((await scenario.client.get(f"/polls/{poll_id}")).json()["closes_at"])
    said = [
        reply(
            poll_id,
            dice.choice([*ids, *strangers]),
            dice.choice(list(WORDS)),
            received_at=dice.choice([opened, opened, opened, closes, opened - timedelta(hours=2)])
            + timedelta(seconds=dice.uniform(0, 60)),
        )
        for _ in range(200)
    ]
    await scenario.publish_replies(*said, *dice.sample(said, 20))
    result = await scenario.result(poll_id, received=200)
    standings, totals = expected(said, opened, closes, set(ids))
    assert {name: result[name] for name in STATUSES} == {name: standings[name] for name in STATUSES}
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
    async with httpx.AsyncClient(base_url=scenario.client.base_url, timeout=30) as browser:
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
