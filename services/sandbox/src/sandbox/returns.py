"""Sends back what `bounces` writes, by SMTP to the configured target, after its delay."""

import asyncio
import time

import aiosmtplib
from chassis.observability import logs
from sandbox.bounces import returned
from sandbox.controls import Controls, Counts, Pending
from sandbox.fates import fate_of_address
from sandbox.journal import Journal, stamp
from sandbox.mails import Mail
from sandbox.post_office import Recipient

log = logs.get(__name__)
_TRIES, _FIRST_WAIT = 8, 0.2


class Returns:
    """Later mails of all kinds. One that does not get through is tried again for a while, as servers do."""

    def __init__(self, journal: Journal, controls: Controls, pending: Pending, counts: Counts) -> None:
        self._journal, self._controls, self._pending, self._counts = journal, controls, pending, counts
        self._tasks: set[asyncio.Task[None]] = set()
        self._connections = asyncio.Semaphore(8)

    def plan(self, mail: Mail, recipient: Recipient, ret: str) -> None:
        """Decide whether anything comes back, and when."""
        fate, notify = fate_of_address(mail.to), recipient.notify
        kind, status = (fate.kind, fate.status) if fate.at == "later" else ("", "2.0.0")
        if not kind and "SUCCESS" in notify:
            kind = "delivered"
        asked = {"bounce": "FAILURE", "delayed": "DELAY"}.get(kind)
        unwanted = "NEVER" in notify or (asked is not None and bool(notify) and asked not in notify)
        if not kind or (unwanted and kind in {"bounce", "delayed", "delivered"}) or not self._controls.dsn_target:
            return
        delay = self._controls.late_bounce_delay if fate.late else self._controls.bounce_delay
        self._pending.begin("bounces")
        task = asyncio.create_task(self._send(kind, mail, recipient, status, ret, delay))
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("a returned mail could not be made", error=type(error).__name__, exc_info=error)

    async def close(self) -> None:
        """Stop; a restart takes them up again from the journal."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _send(self, kind: str, mail: Mail, recipient: Recipient, status: str, ret: str, delay: float) -> None:
        try:
            await asyncio.sleep(delay)
            message = returned(kind, mail, recipient, status=status, ret=ret)
            arrived = await self._deliver("" if kind != "vacation" else mail.to, mail.sender, message)
        finally:
            self._pending.end("bounces")
        mail.bounced = kind
        self._counts.bounce(kind, arrived=arrived)
        line = {"reference": mail.reference, "delivery_id": mail.delivery_id, "gen": mail.gen, "kind": kind}
        self._journal.bounces.append(line | {"status": status, "arrived": arrived, "at": stamp(time.time())})

    async def _deliver(self, sender: str, to: str, message: bytes) -> bool:
        host, _, port = self._controls.dsn_target.rpartition(":")
        for turn in range(_TRIES):
            try:
                async with (
                    self._connections,
                    aiosmtplib.SMTP(hostname=host, port=int(port), timeout=30, start_tls=False) as client,
                ):
                    await client.sendmail(sender, [to], message)
            except aiosmtplib.SMTPException as error:
                refused = isinstance(error, aiosmtplib.SMTPRecipientsRefused | aiosmtplib.SMTPResponseException)
                log.warning("a returned mail was not taken", error=type(error).__name__, turn=turn)
                if refused and _permanent(error):
                    return False
                await asyncio.sleep(_FIRST_WAIT * 2**turn)
            else:
                return True
        return False


def _permanent(error: aiosmtplib.SMTPException) -> bool:
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return all(_permanent(each) for each in error.recipients)
    return isinstance(error, aiosmtplib.SMTPResponseException) and error.code >= 500
