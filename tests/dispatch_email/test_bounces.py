"""What comes to the bounce address, over real SMTP."""

import asyncio
from uuid import UUID

import aiosmtplib
import pytest
from chassis.clock import Clock
from chassis.db.database import Database
from chassis.observability.metrics import Metrics
from dispatch.inbound.inbound import Inbound
from dispatch.ledger.ledger import Ledger
from dispatch.observability.alarm import Alarm
from dispatch.observability.metrics import DispatchMetrics
from dispatch.settlement.receipts import Receipts
from dispatch.wakeups import Wakeups
from dispatch_email.provider.bounce_server import BounceServer, Handler, Limits
from dispatch_email.service import Bounces

from tests.dispatch_email import bounced
from tests.dispatch_email.campaigning import Campaigning, member
from tests.dispatch_email.letters import settings
from tests.dispatch_email.post import DOMAIN, Post
from tests.support.facts import eventually

NOWHERE = "postgresql+asyncpg://nobody@127.0.0.1:9/nothing"


async def accepted(post: Post, campaign: Campaigning, address: str) -> UUID:
    delivery_id = await campaign.ask(member(address))
    await post.told(delivery_id, "accepted")
    return delivery_id


async def test_a_report_of_success_says_delivered(post: Post, campaign: Campaigning) -> None:
    delivery_id = await accepted(post, campaign, "b1@x.example")
    assert (await post.bring(post.return_path(delivery_id), bounced.failed("2.0.0", "delivered"))).startswith("2.0.0")
    await post.told(delivery_id, "delivered")


async def test_a_bounce_brought_twice_is_told_once(post: Post, campaign: Campaigning) -> None:
    delivery_id = await accepted(post, campaign, "b2@x.example")
    for _ in range(2):
        await post.bring(post.return_path(delivery_id), bounced.qmail())
    await post.told(delivery_id, "undelivered")
    assert (await post.statuses(delivery_id)).count("undelivered") == 1


async def test_a_letter_case_changed_on_the_way_does_no_harm(post: Post, campaign: Campaigning) -> None:
    delivery_id = await accepted(post, campaign, "b3@x.example")
    await post.bring(post.return_path(delivery_id).upper(), bounced.failed("5.2.2"))
    assert (await post.told(delivery_id, "undelivered")).model_dump()["code"] == "5.2.2"


async def test_a_forged_bounce_changes_nothing_and_is_counted(post: Post, campaign: Campaigning) -> None:
    delivery_id = await accepted(post, campaign, "b4@x.example")
    before = (await post.strays()).get(("failed", False), 0)
    envelope = {"Reporting-MTA": "dns; x", "Original-Envelope-Id": f"{delivery_id}.1"}
    forged = bounced.dsn({"Action": "failed", "Status": "5.1.1"}, about=envelope)
    genuine = post.return_path(delivery_id)
    for address in (
        f"bounces@{DOMAIN}",
        f"bounces+{delivery_id}.1@{DOMAIN}",
        f"bounces+{delivery_id.hex}.1.{'0' * 16}@{DOMAIN}",
        genuine.replace(".1.", ".2."),
    ):
        assert (await post.bring(address, forged)).startswith("2.0.0")
    assert (await post.strays())[("failed", False)] == before + 4
    await post.bring(genuine, bounced.failed("2.0.0", "delivered"))
    await post.told(delivery_id, "delivered")
    assert "undelivered" not in await post.statuses(delivery_id)


async def test_a_delivery_nobody_knows_is_no_trouble(post: Post) -> None:
    stranger = UUID("00000000-0000-4000-8000-000000000001")
    assert (await post.bring(post.return_path(stranger), bounced.failed())).startswith("2.0.0")
    assert (await post.bring(post.return_path(stranger), bounced.complaint())).startswith("2.0.0")


@pytest.mark.parametrize(
    ("raw", "kind"), [(bounced.plain(), "unknown"), (b"\x00\xff\r\n", "unknown"), (bounced.vacation(), "auto_reply")]
)
async def test_mail_that_reports_nothing_is_set_apart(post: Post, campaign: Campaigning, raw: bytes, kind: str) -> None:
    delivery_id = await accepted(post, campaign, f"apart-{len(raw)}@x.example")
    before = (await post.strays()).get((kind, True), 0)
    await post.bring(post.return_path(delivery_id), raw)
    assert (await post.strays())[(kind, True)] == before + 1
    assert await post.statuses(delivery_id) == ["accepted"]


@pytest.mark.parametrize("address", ["somebody@elsewhere.example", f"postmaster@{DOMAIN}", f"union@{DOMAIN}"])
async def test_nothing_but_bounces_is_taken(post: Post, address: str) -> None:
    with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as refused:
        await post.bring(address, bounced.plain())
    assert refused.value.recipients[0].code == 550


async def test_a_mail_over_the_limit_is_refused(post: Post) -> None:
    with pytest.raises(aiosmtplib.SMTPResponseException) as refused:
        await post.bring(f"bounces@{DOMAIN}", bounced.plain("word " * 300_000))
    assert refused.value.code == 552


async def test_a_line_longer_than_any_standard_is_taken(post: Post, campaign: Campaigning) -> None:
    delivery_id = await accepted(post, campaign, "b5@x.example")
    raw = bounced.failed("5.1.1").replace(b"It did not arrive.", b"x" * 20_000)
    await post.bring(post.return_path(delivery_id), raw)
    await post.told(delivery_id, "undelivered")


async def test_a_caller_who_says_nothing_takes_no_others_place(post: Post, campaign: Campaigning) -> None:
    silent = [await asyncio.open_connection("127.0.0.1", post.bounce_port) for _ in range(5)]
    for reader, _ in silent:
        assert (await reader.readline()).startswith(b"220")
    delivery_id = await accepted(post, campaign, "b6@x.example")
    assert (await post.bring(post.return_path(delivery_id), bounced.failed())).startswith("2.0.0")
    for _, writer in silent:
        writer.close()


async def test_without_a_database_a_bounce_is_asked_for_again() -> None:
    ours, metrics, clock, database = settings(), Metrics(), Clock(), Database(NOWHERE)
    counted = DispatchMetrics(metrics, "email")
    receipts = Receipts(Ledger(ours, database, clock, Wakeups(), counted), Alarm(counted))
    inbound = Inbound(ours, database, clock)
    bounces = Bounces(database, receipts, inbound, ours.return_paths, clock, metrics)
    server = BounceServer(Handler(bounces.hear, ours.return_paths), "127.0.0.1", 0, DOMAIN, Limits(2, 100_000, 5.0))
    running = asyncio.create_task(server.run())
    try:
        await server.listening.wait()
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=server.port, start_tls=False) as carrier:
            with pytest.raises(aiosmtplib.SMTPDataError) as refused:
                await carrier.sendmail("", [f"bounces@{DOMAIN}"], bounced.plain())
            assert refused.value.code == 451
            other = aiosmtplib.SMTP(hostname="127.0.0.1", port=server.port, start_tls=False)
            await other.connect()
            third = aiosmtplib.SMTP(hostname="127.0.0.1", port=server.port, start_tls=False)
            with pytest.raises(aiosmtplib.SMTPConnectResponseError) as full:
                await third.connect()
            assert full.value.code == 421
            await other.quit()
            await eventually(lambda: _connects(server.port))
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await database.close()


async def _connects(port: int) -> bool:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    greeting = await reader.readline()
    writer.close()
    return greeting.startswith(b"220")
