"""Events of other union systems."""

import json
from datetime import UTC, datetime

from contracts import topics
from contracts.events.union_events import MeetingScheduled

from tests.segmenter.union import Union
from tests.support.facts import eventually
from tests.support.paging import pages


async def test_what_other_systems_tell_is_listed_by_body(union: Union) -> None:
    meeting = MeetingScheduled(meeting_id="m1", body=f"{union.name}-a", title="AGM", starts_at=datetime.now(UTC))
    await union.publish(topics.UNION_EVENTS, "m1", meeting)
    await union.publish(topics.UNION_EVENTS, "m2", meeting.model_copy(update={"meeting_id": "m2"}))

    async def told() -> list[dict[str, object]]:
        return await pages(union.client, "/union-events", "before", body=meeting.body, limit=1)

    _, item = await eventually(told, until=lambda items: len(items) == 2)
    assert (item["type"], item["subject"]) == ("meeting.scheduled.v1", "m1")
    assert json.loads(json.dumps(item["data"]))["title"] == "AGM"
    branch = union.world.headers(branch=f"{union.name}-b")
    refused = await union.client.get("/union-events", params={"body": meeting.body}, headers=branch)
    assert refused.status_code == 403
