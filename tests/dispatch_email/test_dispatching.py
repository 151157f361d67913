"""dispatch-email between real Kafka, real PostgreSQL and the sandbox's mail server."""

import pytest
from contracts import topics
from contracts.events.replies import ReplyReceived

from tests.dispatch_email.campaigning import Campaigning, member
from tests.dispatch_email.keys import SigningKeys
from tests.dispatch_email.post import DOMAIN, Post


async def test_a_member_gets_one_message_in_their_language(post: Post, campaign: Campaigning) -> None:
    english = await campaign.ask(member("ada@branch.example"))
    welsh = await campaign.ask(member("gwen@cangen.example", language="cy", given_name="Gwenllïan"))
    first, second = await post.arrived("ada@branch.example"), await post.arrived("gwen@cangen.example")
    assert (first["subject"], second["subject"]) == (
        "Ada, the ballot opens",
        "Gwenllïan, mae'r bleidlais yn agor",
    )
    assert first["message_id"] == f"<{english}@{DOMAIN}>"
    assert (first["delivery_id"], first["envid"]) == (str(english), f"{english}.{first['gen']}")
    assert "pŵer i'r undeb" in second["text"]
    assert first["html"].strip() == "<p>Dear Ada</p>"
    accepted = await post.told(welsh, "accepted")
    assert accepted.pseudonym
    assert len(await post.mail("ada@branch.example")) == 1


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
    again = await post.another(person)
    assert (await post.told(again, "skipped")).model_dump()["reason"] == "bad_contact"


async def test_a_greylisted_message_arrives_on_the_second_try(post: Post, campaign: Campaigning) -> None:
    delivery_id = await campaign.ask(member("greylist-450+one@x.example"))
    mail = await post.arrived("greylist-450+one@x.example")
    assert mail["delivery_id"] == str(delivery_id)
    assert mail["gen"] >= 2
    assert (await post.told(delivery_id, "accepted")).attempts == mail["gen"]


async def test_a_complaint_stops_all_mail_to_that_address(post: Post, campaign: Campaigning) -> None:
    person = member("complaint+one@x.example")
    delivery_id = await campaign.ask(person)
    replies = await post.world.read(
        topics.REPLIES, lambda heard: any(getattr(item.event, "delivery_id", 0) == delivery_id for item in heard)
    )
    assert [event.intent for event in replies if isinstance(event, ReplyReceived)][-1] == "stop"
    again = await post.another(person)
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


async def test_a_connection_lost_once_the_dot_was_written_is_held_for_a_person(
    post: Post, campaign: Campaigning
) -> None:
    asked = {}
    for accept in (True, False):
        address = f"doubt-dot-{accept}@x.example".lower()
        await post.fault(kind="smtp.disconnect", at="dot", accept=accept, count=1, to=address)
        asked[address] = (await campaign.ask(member(address)), accept)
    for address, (delivery_id, accept) in asked.items():
        assert (await post.told(delivery_id, "held")).status == "held"
        assert len(await post.mail(address)) == int(accept)
    held = (await post.service.get("/held")).json()["items"]
    assert {str(delivery_id) for delivery_id, _ in asked.values()} <= {item["delivery_id"] for item in held}


async def test_a_bounce_decides_what_was_in_doubt(post: Post, campaign: Campaigning) -> None:
    address = "late-bounce-5.2.1+doubt@x.example"
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
    attempts = (await post.told(delivery_id, "accepted")).attempts
    (mail,) = await post.mail(address)
    assert mail["gen"] == attempts
    assert attempts >= 2


async def test_what_arrives_carries_signatures_that_hold(
    post: Post, campaign: Campaigning, signing_keys: SigningKeys
) -> None:
    delivery_id = await campaign.ask(member("signed@x.example", language="cy"))
    await post.told(delivery_id, "accepted")
    source = post.source(delivery_id)
    assert [signing_keys.hold(source, index) for index in (0, 1)] == [True, True]
    assert not signing_keys.hold(source.replace(b"/unsubscribe/", b"/elsewhere/"))


async def test_an_operator_stops_mail_to_an_address_however_it_is_written(post: Post, campaign: Campaigning) -> None:
    answer = await post.service.post("/suppressions", json={"address": "  Letter.Writer@Branch.Example "})
    assert answer.status_code == 204
    delivery_id = await campaign.ask(member("letter.writer@branch.example"))
    assert (await post.told(delivery_id, "skipped")).model_dump()["reason"] == "suppressed"
    assert (await post.service.get("/suppressions")).json()["operator"] == 1
    wrong = await post.service.post("/suppressions", json={"address": "+447700900123"})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "address")
