"""The sandbox as a process of its own: killed, started again, and still truthful. And what it refuses to be."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiosmtplib
import httpx
import orjson
import pytest
from local_stack.ports import free_port
from pydantic import ValidationError
from sandbox.journal import Journal
from sandbox.settings import Settings
from sandbox.texts import Texts, restored

from tests.sandbox.receivers import Hook, Mailbox
from tests.sandbox.running import ACCOUNT, DELIVERY, MEMBER, SENDER, TOKEN
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
    assert hook.heard == []
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
    assert len(hook.heard) == 40


async def test_a_torn_last_line_is_passed_over_and_the_next_stands_by_itself(tmp_path: Path) -> None:
    journal = Journal(tmp_path, fsync=False)
    journal.sms.append({"n": 1})
    journal.close()
    with (tmp_path / "sms.jsonl").open("ab") as file:
        file.write(b'{"n": 2, "bo')
    journal = Journal(tmp_path, fsync=False)
    journal.sms.append({"n": 3})
    assert [line for _, line in journal.sms.read()] == [{"n": 1}, {"n": 3}]
    assert [place.read() for place, _ in journal.sms.read()] == [{"n": 1}, {"n": 3}]
    journal.close()


async def test_with_fsync_many_writers_share_few_rounds(tmp_path: Path) -> None:
    journal = Journal(tmp_path, fsync=True)

    async def write(number: int) -> None:
        journal.sms.append({"n": number})
        await journal.safe()

    await asyncio.gather(*(write(number) for number in range(500)))
    assert not journal.sms.dirty
    assert [line["n"] for _, line in journal.sms.read()] == list(range(500))
    assert journal.rounds < 50
    journal.close()


async def test_only_the_newest_texts_are_held_and_pages_still_join(tmp_path: Path) -> None:
    journal, texts = Journal(tmp_path, fsync=False), Texts(kept=100)
    for number in range(350):
        line = {"reference": f"SM{number}", "to": f"+4477009001{number % 2:02}", "from": SENDER, "body": str(number)}
        line["at"] = "2026-01-01T00:00:00.000000+00:00"
        texts.add(restored(journal.sms.append(line), line, "outbound-api"))
    assert 100 <= len(texts) <= 111
    held = list(texts.newest_first())
    assert [text.body for text in held] == [str(number) for number in range(349, 349 - len(held), -1)]
    assert list(texts.newest_first(before=held[9].number)) == held[10:]
    assert [text.body for text in texts.newest_first(to="+447700900101")] == [
        text.body for text in held if int(text.body) % 2
    ]
    assert texts.find("SM0") is None
    journal.close()


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"environment": "production"}, "reaches nobody"),
        ({"twilio_account_sid": "me"}, "pattern"),
        ({"smtp_tls_key": "/key.pem"}, "go together"),
    ],
)
def test_it_does_not_start_with_settings_that_make_no_sense(changes: dict[str, str], fault: str) -> None:
    good = {"environment": "test", "twilio_account_sid": ACCOUNT, "twilio_auth_token": TOKEN}
    Settings.model_validate(good)
    with pytest.raises(ValidationError, match=fault):
        Settings.model_validate(good | changes)


def test_a_trial_may_run_in_production_when_that_is_said_aloud() -> None:
    trial = {"environment": "production", "sandbox_trial": True}
    settings = Settings.model_validate({"twilio_account_sid": ACCOUNT, "twilio_auth_token": TOKEN} | trial)
    assert settings.environment == "production"
    assert orjson.loads(settings.model_dump_json())["twilio_auth_token"] == "**********"
