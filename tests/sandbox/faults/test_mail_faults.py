"""Faults of the mail server on demand, at every stage of SMTP."""

import time

import aiosmtplib
import pytest

from tests.sandbox.receivers import until
from tests.sandbox.running_sandbox import DELIVERY, RunningSandbox


@pytest.mark.parametrize(
    ("at", "code"),
    [("connect", 421), ("ehlo", 502), ("mail", 451), ("rcpt", 450), ("rcpt", 452), ("data", 451), ("dot", 554)],
)
async def test_smtp_replies_go_wrong_at_any_stage_and_nothing_is_taken(
    carrier: RunningSandbox, at: str, code: int
) -> None:
    await carrier.fault("smtp.reply", at=at, code=code, text="4.3.0 Not now", count=1)
    with pytest.raises(aiosmtplib.SMTPException):
        await carrier.mail("gwen@example.org", only_ehlo=True)
    assert carrier.lines("email") == []
    await carrier.mail("gwen@example.org")
    assert len(carrier.lines("email")) == 1


@pytest.mark.parametrize(
    ("at", "accept", "taken"),
    [
        ("connect", None, 0),
        ("ehlo", None, 0),
        ("mail", None, 0),
        ("rcpt", None, 0),
        ("data", None, 0),
        ("body", None, 0),
        ("dot", False, 0),
        ("dot", True, 1),
    ],
)
async def test_smtp_connections_break_at_any_stage(
    carrier: RunningSandbox, at: str, accept: bool | None, taken: int
) -> None:
    parameters = {"at": at, "count": 1} | ({} if accept is None else {"accept": accept})
    await carrier.fault("smtp.disconnect", **parameters)
    with pytest.raises((aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPConnectError)):
        await carrier.mail("gwen@example.org", text="A long body\n" * 5000)
    assert len(carrier.lines("email")) == taken


async def test_the_250_may_be_the_last_that_is_heard(carrier: RunningSandbox) -> None:
    await carrier.fault("smtp.disconnect", at="accepted", to="gwen@*")
    client = aiosmtplib.SMTP(hostname="127.0.0.1", port=carrier.smtp_port, start_tls=False)
    await client.connect()
    await client.sendmail("bounces@union.example", ["gwen@example.org"], f"Message-ID: <{DELIVERY}@u.example>\r\n\r\nx")
    await until(lambda: not client.is_connected)
    assert len(carrier.lines("email")) == 1


async def test_ehlo_may_hide_extensions_and_the_server_may_be_slow(carrier: RunningSandbox) -> None:
    await carrier.fault("smtp.without", extensions=["DSN", "PIPELINING"], count=1)
    await carrier.fault("smtp.delay", at="mail", delay=0.3)
    async with aiosmtplib.SMTP(hostname="127.0.0.1", port=carrier.smtp_port, start_tls=False) as client:
        await client.ehlo()
        assert not client.supports_extension("dsn")
        assert not client.supports_extension("pipelining")
        began = time.monotonic()
        await client.mail("bounces@union.example")
        assert time.monotonic() - began >= 0.3
