"""Texts from members: posted to the configured webhook, its TwiML answer read and kept."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

import smsutil
from sandbox.controls import Controls, Counts, Pending
from sandbox.journal import Journal, stamp
from sandbox.texts import Text, Texts, new_sid, restored
from sandbox.webhooks import Webhooks
from sandbox.wire import inbound_form, twiml_messages


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of one inbound text."""

    sid: str
    sender: str
    status: int | None
    attempts: int
    replies: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """A 2xx."""
        return self.status is not None and 200 <= self.status < 300


class Inbound:
    """Sends inbound texts."""

    def __init__(
        self,
        account: str,
        texts: Texts,
        journal: Journal,
        webhooks: Webhooks,
        controls: Controls,
        pending: Pending,
        counts: Counts,
    ) -> None:
        self._account, self._texts, self._journal = account, texts, journal
        self._webhooks, self._controls, self._pending, self._counts = webhooks, controls, pending, counts

    async def send(self, sender: str, to: str, body: str, url: str = "") -> Answered:
        """One text from `sender` to our number `to`."""
        self._pending.begin("inbound")
        try:
            return await self._send(sender, to, body, url or self._controls.inbound_url)
        finally:
            self._pending.end("inbound")

    async def send_all(self, texts: Sequence[tuple[str, str, str]], concurrency: int) -> list[Answered]:
        """Many (from, to, body), so many at a time, started in order."""
        waiting, answered = iter(texts), list[Answered]()

        async def work() -> None:
            for sender, to, body in waiting:
                answered.append(await self.send(sender, to, body))

        await asyncio.gather(*(work() for _ in range(concurrency)))
        return answered

    async def _send(self, sender: str, to: str, body: str, url: str) -> Answered:
        sid, parts = new_sid(), max(1, len(smsutil.split(body).parts))
        line = {"reference": sid, "from": sender, "to": to, "body": body, "parts": parts, "at": stamp(time.time())}
        text = self._texts.add(restored(self._journal.inbound.append(line), line, "inbound"))
        await self._journal.safe()
        called = await self._webhooks.call(url, inbound_form(text, self._account, body))
        replies = tuple(twiml_messages(called.body)) if called.ok else ()
        self._counts.text(called.status, len(replies))
        for reply in replies:
            self._keep(text, reply)
        outcome = {"reference": sid, "status": called.status, "attempts": called.attempts, "replies": replies}
        self._journal.outcomes.append(outcome | {"at": stamp(time.time())})
        return Answered(sid, sender, called.status, called.attempts, replies)

    def _keep(self, text: Text, body: str) -> None:
        """A TwiML reply goes back to who wrote, as a text of its own."""
        line = {
            "reference": new_sid(),
            "answers": text.sid,
            "from": text.to,
            "to": text.sender,
            "body": body,
            "parts": max(1, len(smsutil.split(body).parts)),
            "at": stamp(time.time()),
        }
        self._texts.add(restored(self._journal.replies.append(line), line, "outbound-reply"))
