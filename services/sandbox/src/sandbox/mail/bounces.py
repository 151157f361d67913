"""Sends bounces by SMTP to the configured server, after their delay."""

import asyncio
import time

import aiosmtplib
from chassis.observability import logs
from sandbox.control.counts import Counts
from sandbox.control.live_settings import LiveSettings
from sandbox.control.pending_work import PendingWork
from sandbox.journal.journal import Journal, timestamp
from sandbox.mail.acceptance import Recipient
from sandbox.mail.bounce_messages import bounce_message
from sandbox.mail.mail_store import Mail
from sandbox.mail.outcome_by_address import outcome_by_address

log = logs.get(__name__)
_ATTEMPTS, _FIRST_WAIT_SECONDS = 8, 0.2


class Bounces:
    """Bounces, notifications, complaints and auto-replies. One that is not taken is tried again for a while."""

    def __init__(self, journal: Journal, settings: LiveSettings, pending: PendingWork, counts: Counts) -> None:
        self._journal, self._settings, self._pending, self._counts = journal, settings, pending, counts
        self._tasks: set[asyncio.Task[None]] = set()
        self._connections = asyncio.Semaphore(8)

    def schedule(self, mail: Mail, recipient: Recipient, ret: str) -> None:
        """Decide whether a mail is answered by a message, and when."""
        outcome, notify = outcome_by_address(mail.to), recipient.notify
        kind, status = (outcome.kind, outcome.status) if outcome.at == "later" else ("", "2.0.0")
        if not kind and "SUCCESS" in notify:
            kind = "delivered"
        asked = {"bounce": "FAILURE", "delayed": "DELAY"}.get(kind)
        unwanted = "NEVER" in notify or (asked is not None and bool(notify) and asked not in notify)
        if not kind or (unwanted and kind in {"bounce", "delayed", "delivered"}) or not self._settings.dsn_target:
            return
        delay = self._settings.late_bounce_delay if outcome.late else self._settings.bounce_delay
        self._pending.begin("bounces")
        task = asyncio.create_task(self._send(kind, mail, recipient, status, ret, delay))
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("a bounce could not be built or sent", error=type(error).__name__, exc_info=error)

    async def close(self) -> None:
        """Stop; after a restart they are scheduled again from the journal."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _send(self, kind: str, mail: Mail, recipient: Recipient, status: str, ret: str, delay: float) -> None:
        try:
            await asyncio.sleep(delay)
            message = bounce_message(kind, mail, recipient, status=status, ret=ret)
            arrived = await self._deliver("" if kind != "vacation" else mail.to, mail.sender, message)
        finally:
            self._pending.end("bounces")
        mail.bounced = kind
        self._counts.add_bounce(kind, arrived=arrived)
        self._journal.bounces.append(
            {
                "reference": mail.reference,
                "delivery_id": mail.delivery_id,
                "gen": mail.gen,
                "kind": kind,
                "status": status,
                "arrived": arrived,
                "at": timestamp(time.time()),
            }
        )

    async def _deliver(self, sender: str, to: str, message: bytes) -> bool:
        """Whether it was taken."""
        host, _, port = self._settings.dsn_target.rpartition(":")
        for attempt in range(_ATTEMPTS):
            try:
                async with (
                    self._connections,
                    aiosmtplib.SMTP(hostname=host, port=int(port), timeout=30, start_tls=False) as client,
                ):
                    await client.sendmail(sender, [to], message)
            except aiosmtplib.SMTPException as error:
                log.warning("a bounce was not taken", error=type(error).__name__, attempt=attempt)
                if _permanent(error):
                    return False
                await asyncio.sleep(_FIRST_WAIT_SECONDS * 2**attempt)
            else:
                return True
        return False


def _permanent(error: aiosmtplib.SMTPException) -> bool:
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return all(_permanent(each) for each in error.recipients)
    return isinstance(error, aiosmtplib.SMTPResponseException) and error.code >= 500
