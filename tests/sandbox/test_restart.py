"""The sandbox as a process of its own: killed and started again, it goes on from its journal."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiosmtplib
import httpx
from local_stack.ports import free_port

from tests.sandbox.receivers import Hook, Mailbox
from tests.sandbox.running_sandbox import ACCOUNT, DELIVERY, MEMBER, SENDER, TOKEN
from tests.support.answers import http_client

MESSAGES = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"


@asynccontextmanager
async def process(
    folder: Path, **more: str
) -> AsyncIterator[tuple[asyncio.subprocess.Process, httpx.AsyncClient, int]]:
    """`python -m sandbox`, up and answering; its client and its mail port. Killed at the end, if it still runs."""
    port, smtp_port = free_port(), free_port()
    env = {
        "PATH": os.environ["PATH"],
        "ENVIRONMENT": "test",
        "PORT": str(port),
        "SMTP_PORT": str(smtp_port),
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "JOURNAL_DIR": str(folder / "journal"),
        "STATE_DIR": str(folder),
        "JOURNAL_FSYNC": "true",
    }
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "sandbox", env=env | more, stdout=asyncio.subprocess.DEVNULL
    )
    try:
        async with http_client("sandbox", f"http://127.0.0.1:{port}", auth=(ACCOUNT, TOKEN), timeout=60) as client:
            await _ready(client)
            yield child, client, smtp_port
    finally:
        if child.returncode is None:
            child.kill()
        await child.wait()


async def _ready(client: httpx.AsyncClient) -> None:
    async with asyncio.timeout(120):
        while True:
            try:
                await client.get("/healthz")
            except httpx.TransportError:
                await asyncio.sleep(0.05)
            else:
                return


async def test_after_a_kill_lists_are_truthful_and_what_was_under_way_goes_on(
    tmp_path: Path, hook: Hook, mailbox: Mailbox
) -> None:
    status = f"{hook.url}/status?d={DELIVERY}&g=1#rc=5&rp=all"
    form = {"To": MEMBER, "From": SENDER, "Body": "Picket at six", "StatusCallback": status}
    async with process(tmp_path, SENT_DELAY="600", DELIVERED_DELAY="600", BOUNCE_DELAY="600") as (
        child,
        client,
        smtp_port,
    ):
        sids = [(await client.post(MESSAGES, data=form)).json()["sid"] for _ in range(20)]
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=smtp_port, start_tls=False) as mail:
            message = f"Message-ID: <{DELIVERY}@union.example>\r\nSubject: Hello\r\n\r\nHello"
            await mail.sendmail("bounces@union.example", ["bounce-5.1.1@example.org"], message)
        child.send_signal(signal.SIGKILL)
        await child.wait()
    assert hook.requests == []
    async with process(tmp_path, DSN_TARGET=mailbox.address, BOUNCE_DELAY="0") as (_, client, _):
        listed = (await client.get(MESSAGES, params={"To": MEMBER})).json()["messages"]
        assert [each["sid"] for each in listed] == sids[::-1]
        assert {each["body"] for each in listed} == {"Picket at six"}
        counts = (await client.post("/sandbox/settle", json={"timeout": 120}, timeout=150)).json()
        assert counts["settled"]
        assert counts["sms"]["by_status"] == {"delivered": 20}
        assert counts["sms"]["duplicates"] == 19
        assert counts["email"]["returned"] == {"bounce": 1, "arrived": 1}
        (mail,) = (await client.get("/sandbox/mail")).json()["mail"]
        assert (mail["delivery_id"], mail["text"].strip(), mail["returned"]) == (DELIVERY, "Hello", "bounce")
    assert all(hook.statuses_of(sid) == ["sent", "delivered"] for sid in sids)
    assert len(mailbox.mails) == 1
    async with process(tmp_path) as (_, client, _):
        counts = (await client.post("/sandbox/settle", json={"timeout": 120}, timeout=150)).json()
        assert counts["callbacks"] == {"sent": 40, "answered": 40, "gave_up": 0, "pending": 0}
    assert len(hook.requests) == 40
