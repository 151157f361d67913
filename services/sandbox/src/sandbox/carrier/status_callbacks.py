"""Carries out the status plans of all texts: changes their status in time, and sends the status callbacks."""

import asyncio
import time
from collections.abc import Callable
from functools import partial

from sandbox.carrier.outcome_by_number import TextOutcome
from sandbox.carrier.status_plan import CallbackFaults, StatusPlan, Step, callback_faults
from sandbox.carrier.text import Text, new_sid
from sandbox.carrier.webhooks.client import WebhookClient, WebhookResult
from sandbox.carrier.webhooks.forms import status_callback_form
from sandbox.control.counts import Counts
from sandbox.control.live_settings import LiveSettings
from sandbox.control.pending_work import PendingWork
from sandbox.faults.active import Faults
from sandbox.journal.journal import Journal, timestamp


class StatusCallbacks:
    """Timers and callbacks of all texts under way."""

    def __init__(
        self,
        journal: Journal,
        webhooks: WebhookClient,
        faults: Faults,
        settings: LiveSettings,
        pending: PendingWork,
        counts: Counts,
        account: str,
    ) -> None:
        self._journal, self._webhooks, self._faults = journal, webhooks, faults
        self._settings, self._pending, self._counts, self._account = settings, pending, counts, account
        self._timers: set[asyncio.TimerHandle] = set()

    def close(self) -> None:
        """Drop all timers; after a restart they are set again from the journal."""
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()

    def plan(
        self, text: Text, callback: str | None, outcome: TextOutcome, *, validity: float | None = None
    ) -> StatusPlan:
        """Plan the statuses of a text. `validity` is its ValidityPeriod in seconds."""
        final, error = outcome.final, outcome.error
        if validity is not None and self._settings.delivered_delay > validity:
            final, error = "undelivered", 30036
        steps = [Step(self._settings.sent_delay, "sent")]
        if final != "sent":
            steps.append(Step(self._settings.delivered_delay, final, error))
        faults = callback_faults(self._faults, text.to, outcome)
        return StatusPlan(text, "" if outcome.silent else callback or "", faults, steps)

    def start(self, plan: StatusPlan) -> None:
        """Set the timers of a plan."""
        for step in plan.steps:
            self._pending.begin("receipts")
            self._after(step.delay, partial(self._take, plan, step))

    async def take_first_step(self, plan: StatusPlan) -> None:
        """Take the first step now and await its callback; the rest is left to `start`."""
        step = plan.steps.pop(0)
        self._change_status(plan.text, step)
        if plan.callback:
            form = status_callback_form(plan.text, self._account, step.status, step.error)
            self._pending.begin("callbacks")
            self._ended(plan.text, step.status, await self._webhooks.call(plan.callback, form))

    def repeat(self, text: Text, callback: str) -> None:
        """Report the present status again, after a restart that may have lost its callback."""
        self._send(StatusPlan(text, callback, CallbackFaults(), []), Step(0.0, text.status, text.error))

    def _take(self, plan: StatusPlan, step: Step) -> None:
        self._change_status(plan.text, step)
        if plan.callback and not plan.faults.never:
            self._report(plan, step)
        self._pending.end("receipts")

    def _report(self, plan: StatusPlan, step: Step) -> None:
        """Report at once, or all steps after the last when the order is reversed."""
        if not plan.faults.reversed:
            self._send_all(plan, step)
            return
        plan.held_back.insert(0, step)
        if step == plan.steps[-1]:
            for held_back in plan.held_back:
                self._send_all(plan, held_back)

    def _change_status(self, text: Text, step: Step) -> None:
        moment = time.time()
        text.change_status(step.status, step.error, moment)
        self._journal.receipts.append(
            {
                "delivery_id": text.delivery_id,
                "gen": text.gen,
                "reference": text.sid,
                "status": step.status,
                "error_code": step.error,
                "at": timestamp(moment),
            }
        )

    def _send_all(self, plan: StatusPlan, step: Step) -> None:
        if plan.faults.forged:
            self._send(plan, Step(0.0, "undelivered", 30008), forged=True)
        if plan.faults.wrong_reference:
            self._send(plan, step, reference=new_sid())
        for _ in range(plan.faults.times):
            self._send(plan, step)

    def _send(self, plan: StatusPlan, step: Step, *, reference: str = "", forged: bool = False) -> None:
        """Queue one callback. One with a wrong reference or signature is not counted as answered."""
        form = status_callback_form(plan.text, self._account, step.status, step.error)
        if reference:
            form |= {"MessageSid": reference, "SmsSid": reference}
        text = plan.text
        then = self._ended_uncounted if reference or forged else lambda result: self._ended(text, step.status, result)
        self._pending.begin("callbacks")
        self._after(plan.faults.delay, lambda: self._webhooks.send(plan.callback, form, then, forged=forged))

    def _ended_uncounted(self, _: WebhookResult) -> None:
        self._pending.end("callbacks")

    def _ended(self, text: Text, status: str, result: WebhookResult) -> None:
        self._pending.end("callbacks")
        self._counts.add_callback(result.status)
        text.answered += result.ok
        self._journal.callbacks.append(
            {
                "reference": text.sid,
                "status": status,
                "answered": result.status,
                "attempts": result.attempts,
                "at": timestamp(time.time()),
            }
        )

    def _after(self, delay: float, action: Callable[[], None]) -> None:
        """Run it after so many seconds, at once if that is none."""
        if not delay:
            action()
            return

        def run() -> None:
            self._timers.discard(timer)
            action()

        timer = asyncio.get_running_loop().call_later(delay, run)
        self._timers.add(timer)
