"""The broker away, the database away: nothing is promised that is not kept, and everything goes on by itself after.

The servers are this file's own, since it kills them.
"""

import asyncio
import json
import secrets
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from access import app as access
from access.settings import Settings as AccessSettings
from contracts.event import Received
from contracts.events.replies import ReplyReceived
from contracts.events.union_events import MeetingScheduled
from contracts.topics import MEMBERS, REPLIES, UNION_EVENTS
from dispatch_sms import app as dispatch_sms
from dispatch_sms.domain.callbacks import CallbackMarks
from dispatch_sms.settings import Settings as SmsSettings
from local_stack.kafka import KafkaServer, fetch_jars
from local_stack.postgres import PostgresServer
from members import app as members
from members.settings import Settings as MembersSettings

from tests.chassis import small
from tests.dispatch_sms.house import OURS, house_in
from tests.dispatch_sms.signing import signed
from tests.support.answers import http_client
from tests.support.facts import eventually, subscription
from tests.support.tokens import Issuer
from tests.support.world import Databases, World

PUBLIC = "https://sms.union.example"
JSON_EVENT = {"content-type": "application/cloudevents+json"}


@pytest.fixture(scope="module")
async def frail(
    issuer: Issuer, installation: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[World]:
    """A world whose broker and database may be killed."""
    folder = tmp_path_factory.mktemp("frail")
    jars = await fetch_jars(Path(__file__).parents[2] / ".muster" / "kafka")
    broker = KafkaServer(folder / "kafka", jars, folder / "kafka.log")
    database = PostgresServer(folder / "postgres", secrets.token_hex(16), folder / "pg.log", durable=False)
    await asyncio.gather(broker.start(), database.start())
    world = World(broker, Databases(database, folder), issuer, installation, folder)
    await world.start()
    yield world
    await world.stop()
    await asyncio.gather(broker.stop(), database.stop())


@pytest.fixture(scope="module")
def access_settings(frail: World) -> AccessSettings:
    return frail.settings(AccessSettings, token_key_secret=secrets.token_hex(32))


@pytest.fixture(scope="module")
def members_settings(frail: World) -> MembersSettings:
    return frail.settings(MembersSettings)


def meeting(event_id: str) -> str:
    data = {"meeting_id": event_id, "body": "leeds", "title": "AGM", "starts_at": "2026-12-01T18:00:00Z"}
    event = {"specversion": "1.0", "id": event_id, "source": "calendar", "type": "meeting.scheduled.v1", "data": data}
    return json.dumps(event)


async def found(http: httpx.AsyncClient) -> None:
    """The one body that the events name; it may be there already."""
    assert (await http.put("/bodies/leeds", json={"kind": "union", "name": "Leeds"})).is_success


async def post_event(http: httpx.AsyncClient, event_id: str) -> httpx.Response:
    return await http.post("/events", content=meeting(event_id), headers=JSON_EVENT)


async def post_member(http: httpx.AsyncClient, number: str) -> httpx.Response:
    words = {"membership_number": number, "given_name": "Ann", "family_name": "Lee"}
    return await http.post("/members", json=words)


async def post_login(http: httpx.AsyncClient) -> httpx.Response:
    form = {"grant_type": "client_credentials", "client_id": "nobody", "client_secret": "nothing"}
    async with http_client("access", http.base_url) as nobody:
        return await nobody.post("/oauth/token", data=form)


async def meetings(world: World, *wanted: str) -> Counter[str]:
    """How often each meeting was told, once all that are wanted were."""
    seen: Counter[str] = Counter()

    def there(found: list[Any]) -> bool:
        told = [one.event.meeting_id for one in found if isinstance(one.event, MeetingScheduled)]
        seen.clear()
        seen.update(told)
        return set(wanted) <= seen.keys()

    await world.received(UNION_EVENTS, there, within=90)
    return seen


def assert_asks_to_come_again(answer: httpx.Response) -> None:
    assert answer.status_code == 503, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert int(answer.headers["retry-after"]) > 0


async def test_intake_and_writes_answer_while_the_broker_is_away_and_the_outbox_catches_up(
    frail: World, members_settings: MembersSettings
) -> None:
    async with frail.running(members.build, members_settings) as http:
        await found(http)
        assert (await post_event(http, "before")).status_code == 202
        await meetings(frail, "before")
        await eventually(partial(ready, http), until=lambda code: code == 200, within=90)
        await frail.kafka.kill()
        assert (await post_event(http, "during")).status_code == 202
        member = await post_member(http, "B1")
        assert member.status_code == 201
        assert (await http.get("/readyz")).status_code == 200
        async with frail.running(members.build, members_settings) as replica:
            assert (await post_event(replica, "started-without")).status_code == 202
            assert (await replica.get("/healthz")).status_code == 200
            shown = await replica.get("/readyz")
            assert (shown.status_code, shown.json()["parts"]["hears members.replies"]) == (200, "not yet")
            await frail.kafka.start()
            told = await meetings(frail, "before", "during", "started-without")
            assert set(told) == {"before", "during", "started-without"}
            await frail.received(
                MEMBERS, lambda found: any(one.subject == member.json()["member_id"] for one in found), within=90
            )
            await subscription(replica)


async def ready(http: httpx.AsyncClient) -> int:
    return (await http.get("/readyz")).status_code


async def test_intake_answers_503_while_the_database_is_away_and_keeps_every_202(
    frail: World, access_settings: AccessSettings, members_settings: MembersSettings
) -> None:
    async with (
        frail.running(access.build, access_settings) as tokens,
        frail.running(members.build, members_settings) as http,
    ):
        await found(http)
        answers: dict[str, int] = {}

        async def post(number: int) -> None:
            answers[f"storm-{number}"] = (await post_event(http, f"storm-{number}")).status_code

        storm = [asyncio.create_task(post(number)) for number in range(60)]
        await eventually(lambda: 202 in answers.values())
        await frail.databases.server.kill()
        await asyncio.gather(*storm)
        assert set(answers.values()) <= {202, 503}
        assert_asks_to_come_again(await post_event(http, "away"))
        assert_asks_to_come_again(await post_member(http, "D1"))
        assert_asks_to_come_again(await http.get("/members"))
        assert_asks_to_come_again(await post_login(tokens))
        assert (await http.get("/readyz")).json()["parts"]["database"] == "down"
        assert await ready(http) == 503
        assert (await http.get("/healthz")).status_code == 200
        await frail.databases.server.start()
        await eventually(partial(ready, http), until=lambda code: code == 200, within=60)
        for name in ("away", *(name for name, code in answers.items() if code == 503)):
            assert (await post_event(http, name)).status_code == 202
        assert (await post_member(http, "D1")).status_code == 201
        told = await meetings(frail, "away", *answers)
    assert {name for name in told if name.startswith("storm")} == answers.keys()


async def call(carrier: httpx.AsyncClient, settings: SmsSettings, path: str, form: dict[str, str]) -> httpx.Response:
    """As the carrier calls."""
    token = settings.twilio_auth_token.get_secret_value()
    return await carrier.post(
        path, data=form, headers={"X-Twilio-Signature": signed(PUBLIC + path, list(form.items()), token)}
    )


INBOUND = "/webhooks/twilio/inbound"


def text(reference: str, words: str) -> dict[str, str]:
    return {"MessageSid": reference, "From": "+447700900123", "To": "+447700900000", "Body": words}


async def test_no_webhook_is_answered_2xx_before_its_commit(frail: World) -> None:
    settings = frail.settings(SmsSettings, public_url=PUBLIC)
    delivery_id = uuid.uuid4()
    mark = CallbackMarks(settings.link_secret.get_secret_value()).mark(delivery_id, 1)
    calls = {
        f"/webhooks/twilio/status?d={delivery_id}&g=1&m={mark}": {"MessageStatus": "delivered", "MessageSid": "SM1"},
        INBOUND: text("SM2", "STOP"),
    }
    async with frail.running(dispatch_sms.build, settings) as carrier:
        await subscription(carrier)
        await frail.databases.server.kill()
        for path, form in calls.items():
            assert_asks_to_come_again(await call(carrier, settings, path, form))
        assert await ready(carrier) == 503
        await frail.databases.server.start()
        await eventually(partial(ready, carrier), until=lambda code: code == 200, within=60)
        for path, form in (*calls.items(), *calls.items()):
            assert (await call(carrier, settings, path, form)).status_code in {200, 204}
        (reply,) = await frail.read(REPLIES, 1, within=60)
        assert isinstance(reply, ReplyReceived)
        assert reply.intent == "stop"


async def test_a_stop_texted_while_the_database_was_away_is_found_in_the_carriers_list(
    frail: World, tmp_path: Path
) -> None:
    """Its webhook is given up after some tries; no campaign after that texts the member."""
    number = "+447700917021"
    async with house_in(frail, tmp_path, inbound_list_seconds=0.5) as house:
        member = await house.member(number)
        await house.told(await house.ask(member, await house.campaign()), "delivered")
        await frail.databases.server.kill()
        stop = {"from": number, "to": OURS, "body": "STOP"}
        answer = await house.carrier.post("/sandbox/inbound", json=stop)
        assert (answer.json()["status"], answer.json()["attempts"]) == (503, 6)
        await frail.databases.server.start()
        (reply,) = await house.replies(number)
        assert reply.intent == "stop"
        skipped = await house.ask(member, await house.campaign())
        assert (await house.state(skipped, "skipped")).reason == "suppressed"
        assert house.sent(skipped) == []


def started(found: list[Received]) -> bool:
    return any(isinstance(one.event, ReplyReceived) and one.event.intent == "start" for one in found)


async def test_a_dispatcher_that_starts_while_the_broker_is_away_is_ready_for_inbound_texts(frail: World) -> None:
    settings = frail.settings(SmsSettings, public_url=PUBLIC)
    await frail.kafka.kill()
    async with frail.running(dispatch_sms.build, settings) as carrier:
        await eventually(partial(ready, carrier), until=lambda code: code == 200, within=60)
        assert (await call(carrier, settings, INBOUND, text("SM3", "START"))).status_code in {200, 204}
        assert "not yet" in (await carrier.get("/readyz")).json()["parts"].values()
        await frail.kafka.start()
        await frail.read(REPLIES, started, within=90)


async def test_a_consumer_that_was_assigned_while_the_database_was_away_still_goes_on_from_what_it_says(
    frail: World,
) -> None:
    urls = [await frail.databases.database(f"small_{uuid.uuid4().hex[:8]}") for _ in range(2)]
    for url in urls:
        await small.create_tables(url)
    settings = frail.settings(small.Settings, database_url=urls[0], module="small")
    event = MeetingScheduled(meeting_id="one", body="x", title="AGM", starts_at=datetime(2026, 3, 1, tzinfo=UTC))
    await frail.publish(UNION_EVENTS, "one", event)
    first, notes = small.build(settings)
    async with first.serving():
        await eventually(notes.noted, until=lambda seen: "one" in seen, within=60)
    second, restored = small.build(settings.model_copy(update={"database_url": urls[1]}))
    await frail.databases.server.kill()
    async with second.serving():
        await eventually(lambda: second.subscriptions[0].progress.assigned, within=60)
        await frail.databases.server.start()
        await frail.publish(UNION_EVENTS, "one", event.model_copy(update={"meeting_id": "two"}))
        await eventually(restored.noted, until=lambda seen: {"one", "two"} <= seen, within=60)
