"""Texts from members: posted to the configured webhook, whose TwiML replies are read and kept."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

import smsutil
from sandbox.carrier.text import Text, inbound_text, new_sid, twiml_reply
from sandbox.carrier.text_store import TextStore
from sandbox.carrier.webhooks.client import WebhookClient
from sandbox.carrier.webhooks.forms import inbound_form
from sandbox.carrier.webhooks.twiml import twiml_messages
from sandbox.control.counts import Counts
from sandbox.control.live_settings import LiveSettings
from sandbox.control.pending_work import PendingWork
from sandbox.journal.journal import Journal, timestamp
from sandbox.journal.lines import InboundText, TwimlReply


@dataclass(frozen=True, slots=True)
class InboundResult:
    """What became of one inbound text; `status` None: its webhook gave no answer at all."""

    sid: str
    sender: str
    status: int | None
    attempts: int
    replies: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """A 2xx."""
        return self.status is not None and 200 <= self.status < 300


class InboundTexts:
    """Posts inbound texts."""

    def __init__(
        self,
        account: str,
        texts: TextStore,
        journal: Journal,
        webhooks: WebhookClient,
        settings: LiveSettings,
        pending: PendingWork,
        counts: Counts,
    ) -> None:
        self._account, self._texts, self._journal = account, texts, journal
        self._webhooks, self._settings, self._pending, self._counts = webhooks, settings, pending, counts

    async def send(self, sender: str, to: str, body: str, url: str = "", media: int = 0) -> InboundResult:
        """One text from `sender` to our number `to`; `url` in place of the configured webhook; `media` pictures."""
        self._pending.begin("inbound")
        try:
            return await self._send(sender, to, body, url or self._settings.inbound_url, media)
        finally:
            self._pending.end("inbound")

    async def send_all(self, texts: Sequence[tuple[str, str, str]], concurrency: int) -> list[InboundResult]:
        """Many (from, to, body), so many at a time, started in order."""
        waiting, results = iter(texts), list[InboundResult]()

        async def work() -> None:
            for sender, to, body in waiting:
                results.append(await self.send(sender, to, body))

        await asyncio.gather(*(work() for _ in range(concurrency)))
        return results

    async def _send(self, sender: str, to: str, body: str, url: str, media: int) -> InboundResult:
        line: InboundText = {
            "reference": new_sid(),
            "from": sender,
            "to": to,
            "body": body,
            "parts": _parts(body),
            "media": media,
            "at": timestamp(time.time()),
        }
        text = self._texts.add(inbound_text(self._journal.inbound.append(line), line))
        await self._journal.flush()
        result = await self._webhooks.call(url, inbound_form(text, self._account, body))
        replies = tuple(twiml_messages(result.body)) if result.ok else ()
        self._counts.add_inbound(result.status, len(replies))
        for reply in replies:
            self._keep_reply(text, reply)
        self._journal.outcomes.append(
            {
                "reference": text.sid,
                "status": result.status,
                "attempts": result.attempts,
                "replies": replies,
                "at": timestamp(time.time()),
            }
        )
        return InboundResult(text.sid, sender, result.status, result.attempts, replies)

    def _keep_reply(self, text: Text, body: str) -> None:
        """A TwiML reply is a text of its own, back to the sender."""
        line: TwimlReply = {
            "reference": new_sid(),
            "answers": text.sid,
            "from": text.to,
            "to": text.sender or "",
            "body": body,
            "parts": _parts(body),
            "at": timestamp(time.time()),
        }
        self._texts.add(twiml_reply(self._journal.replies.append(line), line))


def _parts(body: str) -> int:
    return max(1, len(smsutil.split(body).parts))
