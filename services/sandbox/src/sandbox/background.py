"""What runs beside HTTP and SMTP: webhook workers, timers of texts, bounces. Resumed after a restart."""

import asyncio
from collections.abc import Sequence

from sandbox.carrier.outcome_by_number import outcome_by_number
from sandbox.carrier.status_callbacks import StatusCallbacks
from sandbox.carrier.text import Text
from sandbox.carrier.webhooks.client import WebhookClient
from sandbox.control.live_settings import LiveSettings
from sandbox.journal.journal import Journal
from sandbox.mail.bounces import Bounces
from sandbox.restart import Unfinished


class Background:
    """A task of the application."""

    name = "carrier"

    def __init__(
        self,
        webhooks: Sequence[WebhookClient],
        callbacks: StatusCallbacks,
        bounces: Bounces,
        journal: Journal,
        settings: LiveSettings,
        unfinished: Unfinished,
    ) -> None:
        self._webhooks, self._callbacks, self._bounces = webhooks, callbacks, bounces
        self._journal, self._settings, self._unfinished = journal, settings, unfinished

    async def run(self) -> None:
        """Resume what was unfinished, then work until cancelled."""
        for client in self._webhooks:
            client.start()
        for text, callback in self._unfinished.texts:
            self._resume(text, callback)
        for text, callback in self._unfinished.unreported:
            self._callbacks.repeat(text, callback)
        for mail, recipient, ret in self._unfinished.mails:
            self._bounces.schedule(mail, recipient, ret)
        try:
            await asyncio.Event().wait()
        finally:
            self._callbacks.close()
            await self._bounces.close()
            for client in self._webhooks:
                await client.close()
            self._journal.close()

    def _resume(self, text: Text, callback: str) -> None:
        outcome = outcome_by_number(text.to, by_digits=self._settings.outcomes_by_number)
        plan = self._callbacks.plan(text, callback, outcome)
        if text.status == "sent":
            plan.steps.pop(0)
        self._callbacks.start(plan)
