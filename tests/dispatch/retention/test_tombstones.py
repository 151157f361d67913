"""What the owners of compacted topics have removed is removed here, and replies stay known while they may be listed."""

import uuid
from datetime import timedelta

from contracts import topics
from contracts.event import KeyRemoved
from contracts.events.ballots import ParticipationRecorded

from tests.dispatch.events import NOON, campaign
from tests.dispatch.house import House


async def test_a_campaigns_tombstone_removes_it_and_its_stops(quiet_house: House) -> None:
    house, gone, kept = quiet_house, campaign(), campaign()
    await house.hear(topics.CAMPAIGNS, gone, kept)
    for each in (gone, kept):
        await house.dispatch.stops.union(each.campaign_id, 2, stopped=True, reason="pause")
    await house.hear(topics.CAMPAIGNS, KeyRemoved(key=str(gone.campaign_id)), KeyRemoved(key="union-wide-stop"))
    assert await house.rows("SELECT campaign_id FROM campaigns") == [(kept.campaign_id,)]
    assert await house.rows("SELECT scope FROM stops") == [(kept.campaign_id,)]


async def test_a_participations_tombstone_removes_it(quiet_house: House) -> None:
    house, poll, gone, kept = quiet_house, uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
    voted = [
        ParticipationRecorded(ballot_id=poll, member_id=one, effect="voted", on=NOON.date()) for one in (gone, kept)
    ]
    await house.hear(topics.PARTICIPATION, *voted, KeyRemoved(key=f"{poll}:{gone}"))
    assert await house.rows("SELECT member_id FROM participation") == [(kept,)]


async def test_a_reply_stays_known_until_the_providers_list_was_read_past_it(quiet_house: House) -> None:
    house, reply = quiet_house, uuid.uuid4()
    now = house.clock.now()
    await house.rows_changed(f"INSERT INTO replies_taken VALUES ('{reply}', '{now}')")
    await house.rows_changed(f"INSERT INTO inbound_watermark VALUES (1, '{now}')")
    house.clock.advance(timedelta(days=20))
    await house.dispatch.retention.step()
    assert await house.rows("SELECT reply_id FROM replies_taken") == [(reply,)]
    await house.rows_changed(f"UPDATE inbound_watermark SET until = '{now + timedelta(days=19)}'")
    await house.dispatch.retention.step()
    assert await house.rows("SELECT reply_id FROM replies_taken") == []
