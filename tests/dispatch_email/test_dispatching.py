"""dispatch-email between real Kafka, real PostgreSQL and the sandbox's mail server."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from contracts import topics
from contracts.deliveries import DeliveryEvent
from contracts.replies import ReplyReceived
from dispatch_email import app
from dispatch_email.settings import Settings
from sandbox.app import Sandbox
from sandbox.app import build as build_sandbox
from sandbox.settings import Settings as SandboxSettings

from tests.dispatch_email.campaigning import Campaigning, member
from tests.support.facts import eventually
from tests.support.world import World

DOMAIN = "mail.union.example"


@dataclass
class Post:
    """The service, the sandbox, and what a test asks them."""

    world: World
    service: httpx.AsyncClient
    office: httpx.AsyncClient
    bounce_port: int

    async def mail(self, address: str) -> list[dict[str, Any]]:
        """What the sandbox took for an address, oldest first."""
        answer = await self.office.get("/sandbox/mail", params={"to": address})
        return list(reversed(answer.json()["mail"]))

    async def arrived(self, address: str) -> dict[str, Any]:
        """The first mail for an address."""
        found: list[dict[str, Any]] = await eventually(lambda: self.mail(address))
        return found[0]

    async def told(self, delivery_id: UUID, status: str) -> DeliveryEvent:
        """The event that says so of a delivery."""
        found = await self.world.read(
            topics.DELIVERIES, lambda heard: any(_is(item.event, delivery_id, status) for item in heard)
        )
        return next(event for event in found if isinstance(event, DeliveryEvent) and _is(event, delivery_id, status))

    async def statuses(self, delivery_id: UUID) -> list[str]:
        """All that was said of a delivery so far."""
        found = await self.world.read(topics.DELIVERIES, 0)
        return [
            event.status for event in found if isinstance(event, DeliveryEvent) and event.delivery_id == delivery_id
        ]

    async def fault(self, **rule: Any) -> None:
        """The sandbox misbehaves."""
        (await self.office.post("/sandbox/faults", json=rule)).raise_for_status()


def _is(event: object, delivery_id: UUID, status: str) -> bool:
    return isinstance(event, DeliveryEvent) and event.delivery_id == delivery_id and event.status == status


@pytest.fixture(scope="module")
async def sandbox(world: World, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Sandbox, str]]:
    journal: Path = tmp_path_factory.mktemp("journal")
    settings = world.settings(SandboxSettings, smtp_port=0, journal_dir=journal, bounce_delay=0.1)
    sandbox = build_sandbox(settings)
    async with sandbox.serving() as url:
        yield sandbox, url


@pytest.fixture(scope="module")
async def post(world: World, sandbox: tuple[Sandbox, str]) -> AsyncIterator[Post]:
    office, url = sandbox
    settings = world.settings(Settings, **quick(smtp_port=office.smtp_port))
    service = app.build(settings)
    login = (world.secrets["TWILIO_ACCOUNT_SID"], world.secrets["TWILIO_AUTH_TOKEN"])
    async with (
        service.serving() as address,
        httpx.AsyncClient(base_url=address, headers=world.headers()) as client,
        httpx.AsyncClient(base_url=url, auth=login) as there,
    ):
        (
            await there.put("/sandbox/settings", json={"dsn_target": f"127.0.0.1:{service.bounce_port}"})
        ).raise_for_status()
        yield Post(world, client, there, service.bounce_port)


def quick(**changes: Any) -> dict[str, Any]:
    """Settings with short waits; the sums of DELIVERY.md still hold."""
    return {
        "smtp_tls": "none",
        "mail_domain": DOMAIN,
        "bounce_port": 0,
        "email_rate_per_second": 200,
        "smtp_offer_seconds": 5.0,
        "smtp_answer_seconds": 1.5,
        "smtp_retry_seconds": 0.3,
        "call_timeout_seconds": 7.0,
        "deadline_seconds": 10.0,
        "pause_seconds": 0.2,
        "late_accept_seconds": 0.3,
        "doubt_seconds": 0.5,
        "look_gap_seconds": 0.2,
        "look_every_seconds": 0.2,
    } | changes


@pytest.fixture(scope="module")
async def campaign(post: Post) -> Campaigning:
    return await Campaigning.launched(post.world)


async def test_a_member_gets_one_message_in_their_language(post: Post, campaign: Campaigning) -> None:
    english = await campaign.ask(member("ada@branch.example"))
    welsh = await campaign.ask(member("gwen@cangen.example", language="cy", given_name="Gwenllïan"))
    first, second = await post.arrived("ada@branch.example"), await post.arrived("gwen@cangen.example")
    assert (first["subject"], second["subject"]) == (
        "Ada, the ballot opens",
        "Gwenllïan, mae'r bleidlais yn agor",
    )
    assert first["message_id"] == f"<{english}@{DOMAIN}>"
    assert (first["delivery_id"], first["gen"], first["envid"]) == (str(english), 1, f"{english}.1")
    assert "pŵer i'r undeb" in second["text"]
    assert first["html"].strip() == "<p>Dear Ada</p>"
    accepted = await post.told(welsh, "accepted")
    assert accepted.pseudonym
    assert len(await post.mail("ada@branch.example")) == 1


async def test_the_page_shows_and_only_the_button_acts(post: Post, campaign: Campaigning) -> None:
    person = member("gwilym@cangen.example", language="cy")
    delivery_id = await campaign.ask(person)
    link = (await post.arrived("gwilym@cangen.example"))["headers"]["List-Unsubscribe"].strip("<>")
    path = httpx.URL(link).path
    async with httpx.AsyncClient(base_url=post.service.base_url) as anybody:
        page = await anybody.get(path)
        assert (page.status_code, 'lang="cy"' in page.text, "<form" in page.text) == (200, True, True)
        empty = await anybody.post(path)
        assert (empty.status_code, empty.json()["errors"][0]["field"]) == (422, "List-Unsubscribe")
        again = await campaign_of(post, person)
        assert (await post.told(again, "accepted")).status == "accepted"

        for _ in range(2):
            done = await anybody.post(path, data={"List-Unsubscribe": "One-Click"})
            assert (done.status_code, "Wedi" in done.text) == (200, True)
        assert (await anybody.post(path, data={"confirm": "yes"})).status_code == 200
    refused = await campaign_of(post, person)
    assert (await post.told(refused, "skipped")).model_dump()["reason"] == "suppressed"
    replies = [event for event in await post.world.read(topics.REPLIES) if isinstance(event, ReplyReceived)]
    ours = [reply for reply in replies if reply.delivery_id == delivery_id]
    assert [(reply.intent, reply.channel, reply.member_id) for reply in ours] == [("stop", "email", person.member_id)]


async def campaign_of(post: Post, person: Any) -> UUID:
    """Another campaign reaches for the same member."""
    return await (await Campaigning.launched(post.world)).ask(person, known=True)


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_forged_or_expired_link_gets_a_clear_page(post: Post, method: str) -> None:
    async with httpx.AsyncClient(base_url=post.service.base_url) as anybody:
        answer = await anybody.request(
            method,
            "/unsubscribe/AAAAnotatoken",
            data={"confirm": "yes"},
            headers={"Accept": "text/html", "Accept-Language": "fr-FR,en;q=0.5"},
        )
        assert (answer.status_code, 'lang="fr"' in answer.text) == (403, True)
        if method == "POST":
            plain = await anybody.post("/unsubscribe/AAAA", data={"List-Unsubscribe": "One-Click"})
            assert (plain.status_code, plain.headers["content-type"]) == (403, "application/problem+json")


@pytest.mark.parametrize(
    ("address", "status", "code", "bad"),
    [
        ("refuse-550@x.example", "rejected", "5.1.1", True),
        ("refuse-552@x.example", "rejected", "5.2.2", False),
        ("full-552@x.example", "rejected", "5.2.2", False),
        ("spam-554@x.example", "rejected", "5.7.1", False),
        ("bounce-5.1.1@x.example", "undelivered", "5.1.1", True),
        ("bounce-5.2.2@x.example", "undelivered", "5.2.2", False),
        ("odd-bounce@x.example", "undelivered", "5.1.1", True),
    ],
)
async def test_a_refusal_and_a_bounce_tell_why(
    post: Post, campaign: Campaigning, address: str, status: str, code: str, bad: bool
) -> None:
    event = await post.told(await campaign.ask(member(address)), status)
    told = event.model_dump()
    assert (told["code"], told["address_bad"]) == (code, bad)


async def test_a_bad_address_is_not_written_to_again(post: Post, campaign: Campaigning) -> None:
    person = member("bounce-5.1.1+again@x.example")
    await post.told(await campaign.ask(person), "undelivered")
    again = await campaign_of(post, person)
    assert (await post.told(again, "skipped")).model_dump()["reason"] == "bad_contact"


async def test_a_greylisted_message_arrives_on_the_second_try(post: Post, campaign: Campaigning) -> None:
    delivery_id = await campaign.ask(member("greylist-450+one@x.example"))
    mail = await post.arrived("greylist-450+one@x.example")
    assert (mail["delivery_id"], mail["gen"]) == (str(delivery_id), 2)
    assert (await post.told(delivery_id, "accepted")).attempts == 2


async def test_a_complaint_stops_all_mail_to_that_address(post: Post, campaign: Campaigning) -> None:
    person = member("complaint+one@x.example")
    delivery_id = await campaign.ask(person)
    replies = await post.world.read(
        topics.REPLIES, lambda heard: any(getattr(item.event, "delivery_id", 0) == delivery_id for item in heard)
    )
    assert [event.intent for event in replies if isinstance(event, ReplyReceived)][-1] == "stop"
    again = await campaign_of(post, person)
    assert (await post.told(again, "skipped")).model_dump()["reason"] == "suppressed"


@pytest.mark.parametrize("stage", ["connect", "ehlo", "mail", "rcpt", "data"])
async def test_a_connection_lost_before_the_dot_costs_nothing(post: Post, campaign: Campaigning, stage: str) -> None:
    address = f"lost-{stage}@x.example"
    to = {} if stage in {"connect", "ehlo", "mail"} else {"to": address}
    await post.fault(kind="smtp.disconnect", at=stage, count=1, **to)
    delivery_id = await campaign.ask(member(address))
    assert (await post.told(delivery_id, "accepted")).status == "accepted"
    assert len(await post.mail(address)) == 1
    assert "in_doubt" not in await post.statuses(delivery_id)


@pytest.mark.parametrize(("at", "accept"), [("dot", True), ("dot", False), ("body", False)])
async def test_a_connection_lost_once_the_dot_was_written_is_held_for_a_person(
    post: Post, campaign: Campaigning, at: str, accept: bool
) -> None:
    """A short body and its dot are written before word of a hang-up in its middle can come back."""
    address = f"doubt-{at}-{accept}@x.example".lower()
    await post.fault(kind="smtp.disconnect", at=at, accept=accept, count=1, to=address)
    delivery_id = await campaign.ask(member(address))
    assert (await post.told(delivery_id, "held")).status == "held"
    assert len(await post.mail(address)) == int(accept)
    held = (await post.service.get("/held")).json()["items"]
    assert str(delivery_id) in {item["delivery_id"] for item in held}


async def test_a_bounce_decides_what_was_in_doubt(post: Post, campaign: Campaigning) -> None:
    address = "bounce-5.2.1+doubt@x.example"
    await post.fault(kind="smtp.disconnect", at="dot", accept=True, count=1, to=address)
    delivery_id = await campaign.ask(member(address))
    event = await post.told(delivery_id, "undelivered")
    assert event.model_dump()["code"] == "5.2.1"
    assert "in_doubt" in await post.statuses(delivery_id)


async def test_a_campaign_may_choose_to_send_again(post: Post) -> None:
    campaign = await Campaigning.launched(post.world, in_doubt_policy={"email": "resend"})
    address = "resend@x.example"
    await post.fault(kind="smtp.disconnect", at="dot", accept=False, count=1, to=address)
    delivery_id = await campaign.ask(member(address))
    assert (await post.told(delivery_id, "accepted")).attempts == 2
    (mail,) = await post.mail(address)
    assert mail["gen"] == 2
