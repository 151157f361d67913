"""Both dispatchers on one broker: their providers away for hours, or one of them slow."""

import json
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import dispatch_email.app
import dispatch_email.settings
import dispatch_sms.app
import dispatch_sms.settings
import httpx
import pytest
import sandbox.app
import sandbox.settings
from chassis.app import Application
from chassis.db.database import Database
from contracts import topics
from contracts.events.campaigns import CampaignLaunched, Content, Sender
from contracts.events.deliveries import DeliverySkipped
from contracts.events.members import Consent, ContactPoint, MemberChanged
from dispatch.settings import DispatchSettings
from local_stack.ports import free_port
from sqlalchemy import text

from tests.dispatch.events import NOON, campaign, request
from tests.dispatch_email.post import quick
from tests.dispatch_sms.house import QUICK
from tests.support.answers import http_client
from tests.support.facts import eventually
from tests.support.world import World

CHANNELS = ("sms", "email")
_CONTENT = (
    Content(channel="sms", language="en", text="Picket at six"),
    Content(channel="email", language="en", subject="Picket", text="Picket at six"),
)
_SENDERS = (Sender(channel="sms", address="+447700900000"), Sender(channel="email", address="news@union.example"))


def reachable_twice(number: int, **fields: Any) -> MemberChanged:
    """A member with a mobile, which delivers, and an address."""
    now = NOON - timedelta(days=30)
    wording = {"purpose": "campaign", "granted": True, "source": "form", "wording_version": "1", "at": now}
    values: dict[str, Any] = {
        "member_id": uuid.uuid4(),
        "version": 1,
        "given_name": "Nia",
        "family_name": "Puw",
        "contact_points": (
            ContactPoint(channel="sms", address=f"+44770090{number:04d}"),
            ContactPoint(channel="email", address=f"member-{number}@x.example"),
        ),
        "consents": tuple(Consent(consent_id=uuid.uuid4(), channel=channel, **wording) for channel in CHANNELS),
    }
    return MemberChanged(**(values | fields))


@dataclass
class Side:
    """One dispatcher, running."""

    channel: str
    world: World
    application: Application
    settings: DispatchSettings
    client: httpx.AsyncClient
    database: Database

    async def ask(self, wanted: CampaignLaunched, member: MemberChanged) -> UUID:
        delivery_id = self.settings.ids.delivery(wanted.campaign_id, 1, member.member_id, self.channel)
        asked = request(self.settings, wanted, member, delivery_id=delivery_id, channel=self.channel)
        await self.world.publish(topics.requests_for(self.channel, urgent=False), str(member.member_id), asked)
        return delivery_id

    async def rows(self, query: str) -> list[Any]:
        async with self.database.transaction() as session:
            return list((await session.execute(text(query))).all())

    async def states(self) -> dict[UUID, str]:
        """Of each delivery; of one that waits for something, what for."""
        rows = await self.rows("SELECT delivery_id, state, waiting_for FROM deliveries")
        return {row.delivery_id: row.waiting_for or row.state for row in rows}

    async def come_to(self, wanted: dict[UUID, str]) -> None:
        """Once these deliveries are there."""
        await eventually(self.states, within=60, until=lambda states: wanted.items() <= states.items())

    async def tried(self, number: int) -> None:
        """Once so many deliveries were called for in vain."""
        query = "SELECT count(DISTINCT delivery_id) AS tried FROM attempts WHERE outcome = 'not_sent'"
        await eventually(lambda: self.rows(query), within=60, until=lambda rows: rows[0].tried >= number)

    async def told_why(self, member: MemberChanged) -> list[tuple[str, str]]:
        """Status and reason, as a person may look them up."""
        found = (await self.client.get(f"/members/{member.member_id}/history")).raise_for_status().json()
        return [(entry["status"], entry["reason"]) for entry in found["entries"]]


@dataclass
class Provider:
    """A carrier and mail server which may not be there, always at the same address."""

    settings: sandbox.settings.Settings

    @asynccontextmanager
    async def there(self) -> AsyncIterator[httpx.AsyncClient]:
        account = (self.settings.twilio_account_sid, self.settings.twilio_auth_token.get_secret_value())
        async with (
            sandbox.app.build(self.settings).serving() as url,
            http_client("sandbox", url, auth=account) as client,
        ):
            yield client

    def journal(self, channel: str) -> Counter[UUID]:
        """How often it took each delivery."""
        file = self.settings.journal_dir / f"{channel}.jsonl"
        lines = file.read_text().splitlines() if file.exists() else []
        return Counter(UUID(json.loads(line)["delivery_id"]) for line in lines)


@dataclass
class Both:
    """The two sides, and what is on the other side of them."""

    world: World
    provider: Provider
    sides: tuple[Side, ...]

    def advance(self, by: timedelta) -> None:
        for side in self.sides:
            side.application.clock.advance(by)

    async def campaign(self, **fields: Any) -> CampaignLaunched:
        launched = campaign(content=_CONTENT, senders=_SENDERS, **fields)
        await self.world.publish(topics.CAMPAIGNS, str(launched.campaign_id), launched)
        return launched

    async def member(self, number: int, **fields: Any) -> MemberChanged:
        member = reachable_twice(number, **fields)
        await self.world.publish(topics.MEMBERS, str(member.member_id), member)
        return member


UNHURRIED = {"smtp_answer_seconds": 20.0, "call_timeout_seconds": 30.0, "deadline_seconds": 40.0}
"""A mail whose answer is late is held for a person."""


@pytest.fixture
async def both(own_world: World, tmp_path: Path) -> AsyncIterator[Both]:
    world, web, smtp = own_world, free_port(), free_port()
    ports = {"port": web, "smtp_port": smtp, "journal_dir": tmp_path / "journal"}
    provider = Provider(world.settings(sandbox.settings.Settings, **ports))
    patient = {"clock_start": NOON, "max_attempts": 50}
    sms = world.settings(
        dispatch_sms.settings.Settings,
        twilio_base_url=f"http://127.0.0.1:{web}",
        sms_rate_per_second=200.0,
        in_flight=4,
        **QUICK | patient,
    )
    mail = world.settings(dispatch_email.settings.Settings, **quick(smtp_port=smtp, **UNHURRIED, **patient))
    async with AsyncExitStack() as stack:
        sides = []
        for settings, application in ((sms, dispatch_sms.app.build(sms)), (mail, dispatch_email.app.build(mail))):
            database = Database(settings.database_url, pool_size=2)
            stack.push_async_callback(database.close)
            url = await stack.enter_async_context(application.serving())
            client = http_client(settings.service.replace("-", "_"), url, headers=world.headers())
            await stack.enter_async_context(client)
            sides.append(Side(settings.channel, world, application, settings, client, database))
        yield Both(world, provider, tuple(sides))


async def test_what_a_provider_missed_for_hours_is_sent_within_its_window_or_listed_as_expired(both: Both) -> None:
    """Gone from noon until ten at night: too late for some, the wrong time of day for others, and not for all.

    Night falls in an instant here, so it has fallen before the provider is back: what was claimed at noon may go.
    """
    today = await both.campaign(expires_at=NOON + timedelta(hours=2))
    by_dawn = await both.campaign(expires_at=NOON + timedelta(hours=19))
    tomorrow = await both.campaign(expires_at=NOON + timedelta(days=1))
    here, there = await both.member(1), await both.member(2, time_zone="America/Sao_Paulo")
    ids = {
        side.channel: [
            await side.ask(wanted, member)
            for wanted, member in ((today, here), (by_dawn, here), (tomorrow, here), (tomorrow, there))
        ]
        for side in both.sides
    }
    for side in both.sides:
        await side.tried(4)
    both.advance(timedelta(hours=10))
    for side in both.sides:
        over, too_late, waits, _ = ids[side.channel]
        await side.come_to({over: "skipped", too_late: "skipped", waits: "quiet_hours"})
    async with both.provider.there():
        for side in both.sides:
            *_, afternoon = ids[side.channel]
            await side.come_to({afternoon: "accepted"})
            assert both.provider.journal(side.channel) == {afternoon: 1}
        both.advance(timedelta(hours=10, minutes=1))
        for side in both.sides:
            over, too_late, waits, afternoon = ids[side.channel]
            await side.come_to({waits: "accepted"})
            assert both.provider.journal(side.channel) == {afternoon: 1, waits: 1}
            assert Counter(await side.told_why(here)) == {("skipped", "expired"): 2, ("accepted", ""): 1}
    expired = {each for channel in CHANNELS for each in ids[channel][:2]}

    def skipped(events: list[Any]) -> dict[UUID, str]:
        return {event.delivery_id: event.reason for event in events if isinstance(event, DeliverySkipped)}

    await both.world.read(topics.DELIVERIES, lambda heard: skipped([one.event for one in heard]).keys() >= expired)
    assert skipped(await both.world.read(topics.DELIVERIES, 0)) == dict.fromkeys(expired, "expired")


async def test_a_carrier_slower_than_its_timeout_keeps_no_mail_waiting(both: Both) -> None:
    """More texts than may be under way at once; every mail is there while not one text is."""
    wanted = await both.campaign()
    members = [await both.member(number) for number in range(1, 13)]
    texts, mails = both.sides
    async with both.provider.there() as carrier:
        rule = {"kind": "sms.delay", "delay": 3600}
        (await carrier.post("/sandbox/faults", json=rule)).raise_for_status()
        await eventually(
            lambda: texts.rows("SELECT 1 FROM contacts"), within=60, until=lambda known: len(known) == len(members)
        )  # what waits for its member would still say so
        asked = [await texts.ask(wanted, member) for member in members]
        await eventually(lambda: texts.rows("SELECT 1 FROM attempts"), within=60)
        await eventually(texts.states, within=60, until=lambda states: states.keys() == set(asked))
        mailed = [await mails.ask(wanted, member) for member in members]
        await mails.come_to(dict.fromkeys(mailed, "accepted"))
        assert both.provider.journal("email") == dict.fromkeys(mailed, 1)
        waiting = await texts.states()
        assert set(waiting.values()) <= {"requested", "sending", "in_doubt"}
        assert not both.provider.journal("sms")
        (await carrier.delete("/sandbox/faults")).raise_for_status()
        await texts.come_to(dict.fromkeys(asked, "accepted"))
        assert both.provider.journal("sms") == dict.fromkeys(asked, 1)
