"""The history of one member."""

from uuid import uuid4

from tests.ballot.builders import reply
from tests.ballot.scenario import Scenario
from tests.support.paging import pages


async def test_the_history_names_roll_answer_and_participation(scenario: Scenario) -> None:
    (one,) = await scenario.add_members(1)
    poll_id = await scenario.open_poll()
    delivery_id, campaign_id = uuid4(), uuid4()
    await scenario.publish_replies(reply(poll_id, one, "voted", delivery_id=delivery_id, campaign_id=campaign_id))
    await scenario.result(poll_id, counted=1)
    entries = await pages(scenario.client, f"/members/{one}/history", "before", "entries", limit=1)
    assert len(entries) == 3
    assert {entry["what"] for entry in entries} == {"on_roll", "answer", "participation"}
    (answer,) = [entry for entry in entries if entry["what"] == "answer"]
    assert answer.pop("at")
    assert answer == {
        "service": "ballot",
        "what": "answer",
        "poll_id": poll_id,
        "title": "Have you voted?",
        "channel": "sms",
        "status": "counted",
        "option": "voted",
        "campaign_id": str(campaign_id),
        "delivery_id": str(delivery_id),
    }
