"""A stop is a row of the dispatcher's own database: it needs neither the broker nor another service."""

import asyncio
import subprocess
import sys
import time
import uuid

import orjson
import pytest
from chassis.observability.metrics import Metrics
from contracts import topics
from contracts.events.campaigns import CampaignPaused, CampaignResumed, SendingStopped
from contracts.stop_orders import ALL_SENDING
from dispatch.brake.brake import Brake
from dispatch.brake.stops import Stops
from dispatch.observability.alarm import Alarm
from dispatch.observability.metrics import DispatchMetrics
from dispatch.wakeups import Wakeups
from sqlalchemy import text

from tests.dispatch.events import NOON, campaign, member
from tests.dispatch.house import House
from tests.dispatch.sending.test_waiting import become
from tests.support.facts import eventually

WHY = "a wrong number in the text"


async def lift(house: House) -> None:
    await house.dispatch.stops.union(ALL_SENDING, 9, stopped=False, reason="mended")


async def test_the_unions_stop_by_hand_holds_without_a_word_from_kafka(quiet_house: House) -> None:
    house = quiet_house
    (delivery,) = await house.known(campaign(), member())
    done = await house.dispatch.stops.union(ALL_SENDING, 1, stopped=True, reason=WHY)
    assert (done.stopped, done.confirmed) == (True, True)
    assert await house.claim() == []
    assert await house.state(delivery) == "requested"
    async with house.sending():
        assert not await house.dispatch.brake.lets_claim()
        await lift(house)
        await house.settled(delivery, "accepted")


async def test_what_is_claimed_and_not_called_yet_goes_back_when_everything_is_stopped(patient_house: House) -> None:
    house = patient_house
    (delivery,) = await house.known(campaign(), member())
    (call,) = await house.claim()
    await house.dispatch.stops.union(ALL_SENDING, 1, stopped=True, reason=WHY)
    await house.dispatch.provider_calls.make(call, time.monotonic())
    assert house.provider.called == []
    assert await house.state(delivery) == "requested"


@pytest.mark.parametrize("paused", [True, False])
async def test_the_last_word_before_a_message_goes_is_refused_when_its_campaign_is_halted(
    patient_house: House, paused: bool
) -> None:
    house, wanted = patient_house, campaign()
    (delivery,) = await house.known(wanted, member())
    (call,) = await house.claim()
    if paused:
        await house.hear(topics.CAMPAIGNS, become(CampaignPaused, wanted, "paused"))
    else:
        await house.dispatch.stops.operator(wanted.campaign_id, stopped=True, reason=WHY, by="night-watch")
    permits = house.dispatch.provider_calls.permits
    assert not await permits.of(call.message.delivery_id, call.message.gen).ask()
    assert await house.state(delivery) == "sending"


async def test_a_stop_is_confirmed_only_when_no_claim_from_before_is_open(quiet_house: House) -> None:
    house = quiet_house
    (delivery,) = await house.known(campaign(), member())
    async with house.database.transaction() as session:
        await session.execute(text("SELECT 1 FROM contacts FOR UPDATE"))
        claim = asyncio.create_task(house.claim())
        await eventually(lambda: waiting(house), until=lambda seen: seen == {"Lock": 1})
        stop = asyncio.create_task(house.dispatch.stops.union(ALL_SENDING, 1, stopped=True, reason=WHY))
        await eventually(lambda: waiting(house), until=lambda seen: seen == {"Lock": 2})
        assert await house.rows("SELECT 1 FROM stops WHERE stopped")
        assert not stop.done()
    assert (await stop).confirmed
    assert await claim == []  # it read the stops after the contacts
    assert await house.state(delivery) == "requested"


async def waiting(house: House) -> dict[str, int]:
    """How many sessions wait for a lock."""
    statement = """SELECT wait_event_type, count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock' GROUP BY 1"""
    return {row.wait_event_type: row.count for row in await house.rows(statement)}


async def test_the_higher_version_holds_whichever_way_it_came(quiet_house: House) -> None:
    house = quiet_house
    published = SendingStopped(version=2, stopped=False, reason="mended", at=NOON)
    await house.hear(topics.CAMPAIGNS, published)
    assert not (await house.dispatch.stops.union(ALL_SENDING, 1, stopped=True, reason=WHY)).stopped
    assert (await house.dispatch.stops.union(ALL_SENDING, 3, stopped=True, reason=WHY)).stopped
    await house.hear(topics.CAMPAIGNS, published)
    (row,) = await house.dispatch.stops.all()
    assert (row.version, row.stopped, row.reason) == (3, True, WHY)


async def test_sending_needs_the_unions_stop_and_the_operators_both_to_be_open(quiet_house: House) -> None:
    house = quiet_house
    await house.known(campaign(), member())
    await house.dispatch.stops.operator(None, stopped=True, reason=WHY, by="night-watch")
    await house.dispatch.stops.union(ALL_SENDING, 1, stopped=True, reason=WHY)
    await lift(house)
    assert await house.claim() == []
    assert not (await house.dispatch.stops.operator(None, stopped=False, reason="mended", by="night-watch")).stopped
    assert len(await house.claim()) == 1


async def test_a_campaign_stopped_by_hand_waits_alone_until_its_next_event_says_what_holds(quiet_house: House) -> None:
    house, wanted = quiet_house, campaign()
    (delivery,) = await house.known(wanted, member())
    (other,) = await house.known(campaign(), member())
    paused = become(CampaignPaused, wanted, "paused")
    assert (await house.dispatch.stops.union(wanted.campaign_id, paused.version, stopped=True, reason=WHY)).stopped
    assert [call.message.delivery_id for call in await house.claim()] == [other]
    await house.hear(topics.CAMPAIGNS, paused, become(CampaignResumed, paused, "launched"))
    assert [call.message.delivery_id for call in await house.claim()] == [delivery]


async def test_a_campaign_that_an_operator_stops_goes_on_when_it_is_lifted(quiet_house: House) -> None:
    house, wanted = quiet_house, campaign()
    (delivery,) = await house.known(wanted, member())
    await house.dispatch.stops.operator(wanted.campaign_id, stopped=True, reason=WHY, by="night-watch")
    assert await house.claim() == []
    await house.dispatch.stops.operator(wanted.campaign_id, stopped=False, reason="mended", by="night-watch")
    await house.dispatch.campaign_changes.step()
    assert [call.message.delivery_id for call in await house.claim()] == [delivery]


async def test_nothing_is_claimed_while_nobody_knows_whether_a_stop_has_come(quiet_house: House) -> None:
    house = quiet_house
    (delivery,) = await house.known(campaign(), member())
    await house.applied(seconds_ago=house.settings.brake_seconds + 1)
    brake = Brake(house.settings, house.database, Alarm(DispatchMetrics(Metrics(), "sms")))
    assert not await brake.lets_claim()
    async with house.sending():
        await house.settled(delivery, "accepted")


async def test_before_the_campaigns_were_once_applied_nothing_is_claimed(quiet_house: House) -> None:
    assert not await quiet_house.dispatch.brake.lets_claim()
    await quiet_house.rows_changed("INSERT INTO applied VALUES ('campaigns', 0, 2, clock_timestamp())")
    brake = Brake(quiet_house.settings, quiet_house.database, Alarm(DispatchMetrics(Metrics(), "sms")))
    assert not await brake.lets_claim()  # of two partitions one is not known


async def test_an_operator_stops_a_dispatcher_by_command_with_the_database_alone(quiet_house: House) -> None:
    house, wanted = quiet_house, campaign()
    environment = {
        "DATABASE_URL": house.settings.database_url,
        "PUBLIC_URL": "https://texts.example.org",
        "TWILIO_ACCOUNT_SID": f"AC{uuid.uuid4().hex}",
        "TWILIO_AUTH_TOKEN": uuid.uuid4().hex,
        **{name: value for name, value in house.world.secrets.items() if name.endswith("_SECRET")},
    }
    argv = (sys.executable, "-m", "dispatch_sms", "stop", "--reason", WHY, "--campaign", str(wanted.campaign_id))
    done = await asyncio.to_thread(
        subprocess.run, argv, env={"PATH": "/usr/bin:/bin", **environment}, capture_output=True, text=True, check=False
    )
    assert orjson.loads(done.stdout.splitlines()[-1]) == {"stopped": True, "confirmed": True}, done.stderr
    await house.known(wanted, member())
    assert await house.claim() == []
    (row,) = await Stops(house.database, house.clock, Wakeups()).all()
    assert (row.origin, row.campaign_id, row.by, row.reason) == ("operator", wanted.campaign_id, "operator", WHY)
