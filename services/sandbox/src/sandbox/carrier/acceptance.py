"""Accepts or refuses a request for a text."""

import time
from dataclasses import replace

from sandbox.carrier.errors import TwilioAnswer, refusal
from sandbox.carrier.outcome_by_number import TextOutcome, outcome_by_number, outcome_named
from sandbox.carrier.rate_limit import RateLimit, retry_after
from sandbox.carrier.resources import message
from sandbox.carrier.status_callbacks import StatusCallbacks
from sandbox.carrier.status_plan import StatusPlan
from sandbox.carrier.text import Text, new_sid, sent_text
from sandbox.carrier.text_requests import TextRequest
from sandbox.carrier.text_store import TextStore
from sandbox.control.counts import Counts
from sandbox.control.live_settings import LiveSettings
from sandbox.faults.active import Faults
from sandbox.journal.journal import Journal, timestamp
from sandbox.journal.lines import SentText


class TextAcceptance:
    """`default_sender` is the number that messaging services send from."""

    def __init__(
        self,
        account: str,
        default_sender: str,
        texts: TextStore,
        journal: Journal,
        callbacks: StatusCallbacks,
        faults: Faults,
        settings: LiveSettings,
        counts: Counts,
    ) -> None:
        self._account, self._default_sender = account, default_sender
        self._texts, self._journal, self._callbacks = texts, journal, callbacks
        self._faults, self._settings, self._counts, self._rate_limit = faults, settings, counts, RateLimit()

    async def accept(self, request: TextRequest) -> tuple[TwilioAnswer, StatusPlan | None]:
        """Accept a text or refuse it (no plan). The journal has it before this returns; the caller starts the plan."""
        outcome = self._outcome(request)
        if outcome.refused:
            return self.refuse(outcome.refused, request), None
        sender, parts = request.sender or request.service or "", request.parts
        wait = self._rate_limit.refused_for(sender, parts, self._settings.parts_per_second, time.monotonic())
        if wait:
            return self.throttle(request, retry_after(wait)), None
        text = self._texts.add(self._record(request, parts))
        await self._journal.flush()
        answer = TwilioAnswer(201, message(text, self._account, body=request.body))
        validity = float(request.validity) if request.validity else None
        return answer, self._callbacks.plan(text, request.callback, outcome, validity=validity)

    def throttle(self, request: TextRequest, seconds: int) -> TwilioAnswer:
        """429 with Retry-After: certainly not accepted."""
        return replace(self.refuse(20429, request), headers={"Retry-After": str(seconds)})

    def refuse(self, code: int, request: TextRequest) -> TwilioAnswer:
        """An error answer; recorded in the journal, without waiting for fsync."""
        self._counts.refused["sms", code] += 1
        self._journal.refused.append(
            {
                "channel": "sms",
                "delivery_id": request.delivery_id,
                "gen": request.gen,
                "to": request.to,
                "code": code,
                "at": timestamp(time.time()),
            }
        )
        return refusal(code)

    def _outcome(self, request: TextRequest) -> TextOutcome:
        fault = self._faults.trigger("sms.outcome", request.to, delivery=request.delivery_id)
        if fault:
            return outcome_named(fault.outcome)
        return outcome_by_number(request.to, by_digits=self._settings.outcomes_by_number)

    def _record(self, request: TextRequest, parts: int) -> Text:
        line: SentText = {
            "delivery_id": request.delivery_id,
            "gen": request.gen,
            "reference": new_sid(),
            "to": request.to,
            "from": request.sender or self._default_sender,
            "body": request.body,
            "at": timestamp(time.time()),
            "parts": parts,
            "callback": request.callback,
            "service": request.service,
        }
        return sent_text(self._journal.sms.append(line), line)
