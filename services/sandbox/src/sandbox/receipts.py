"""What happens to a text after the carrier took it: statuses in time, and callbacks that tell of them."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from sandbox.controls import Controls, Counts, Pending
from sandbox.fates import Fate
from sandbox.faults import Faults
from sandbox.journal import Journal, stamp
from sandbox.texts import Text, new_sid
from sandbox.webhooks import Called, Webhooks
from sandbox.wire import receipt_form


@dataclass(frozen=True, slots=True)
class Manner:
    """How callbacks of one text are told."""

    never: bool = False
    times: int = 1
    reverse: bool = False
    delay: float = 0.0
    wrong: bool = False
    forged: bool = False


@dataclass(slots=True)
class Course:
    """One text under way."""

    text: Text
    callback: str
    manner: Manner
    steps: list[tuple[float, str, int | None]]
    """(seconds from now, status, error) in order."""
    held: list[tuple[str, int | None]]
    """Told at the end, when the order is reversed."""


class Receipts:
    """Timers and callbacks of all texts under way."""

    def __init__(
        self,
        journal: Journal,
        webhooks: Webhooks,
        faults: Faults,
        controls: Controls,
        pending: Pending,
        counts: Counts,
        account: str,
    ) -> None:
        self._journal, self._webhooks, self._faults = journal, webhooks, faults
        self._controls, self._pending, self._counts, self._account = controls, pending, counts, account
        self._timers: set[asyncio.TimerHandle] = set()

    def close(self) -> None:
        """Forget what was to come; a restart takes it up again from the journal."""
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()

    def course(self, text: Text, callback: str | None, fate: Fate, *, validity: float | None = None) -> Course:
        """Plan what will happen to a text."""
        final, error = fate.final, fate.error
        if validity is not None and self._controls.delivered_delay > validity:
            final, error = "undelivered", 30036
        steps: list[tuple[float, str, int | None]] = [(self._controls.sent_delay, "sent", None)]
        if final != "sent":
            steps.append((self._controls.delivered_delay, final, error))
        manner = self._manner(text.to, fate)
        return Course(text, "" if fate.silent else callback or "", manner, steps, [])

    def begin(self, course: Course) -> None:
        """Let it happen."""
        for delay, status, error in course.steps:
            self._pending.begin("receipts")
            self._later(delay, partial(self._happens, course, status, error))

    async def early(self, course: Course) -> None:
        """Let the first status happen and be told now; the rest is left to `begin`."""
        _, status, error = course.steps.pop(0)
        self._record(course, status, error)
        if course.callback:
            form = receipt_form(course.text, self._account, status, error)
            self._pending.begin("callbacks")
            self._told(course.text, status, await self._webhooks.call(course.callback, form))

    def repeat(self, text: Text, callback: str) -> None:
        """Tell the present status again, after a restart that may have lost its callback."""
        self._tell(Course(text, callback, Manner(), [], []), text.status, text.error)

    def _manner(self, to: str, fate: Fate) -> Manner:
        strike = self._faults.strike
        repeat, delay = strike("receipt.repeat", to), strike("receipt.delay", to)
        return Manner(
            never=strike("receipt.never", to) is not None,
            times=repeat.times if repeat else 2 if fate.disorderly else 1,
            reverse=fate.disorderly or strike("receipt.reversed", to) is not None,
            delay=(delay.delay or 1.0) if delay else 0.0,
            wrong=strike("receipt.wrong-reference", to) is not None,
            forged=strike("receipt.forged", to) is not None,
        )

    def _happens(self, course: Course, status: str, error: int | None) -> None:
        self._record(course, status, error)
        if course.callback and not course.manner.never:
            self._pass_on(course, status, error)
        self._pending.end("receipts")

    def _pass_on(self, course: Course, status: str, error: int | None) -> None:
        """Tell at once, or all at the end when the order is reversed."""
        if not course.manner.reverse:
            self._tell_all(course, status, error)
            return
        course.held.insert(0, (status, error))
        if (status, error) == course.steps[-1][1:]:
            for held in course.held:
                self._tell_all(course, *held)

    def _record(self, course: Course, status: str, error: int | None) -> None:
        moment, text = time.time(), course.text
        text.becomes(status, error, moment)
        tracked = {"delivery_id": text.delivery_id, "gen": text.gen, "reference": text.sid}
        self._journal.receipts.append(tracked | {"status": status, "error_code": error, "at": stamp(moment)})

    def _tell_all(self, course: Course, status: str, error: int | None) -> None:
        manner = course.manner
        if manner.forged:
            self._tell(course, "undelivered", 30008, forged=True)
        if manner.wrong:
            self._tell(course, status, error, reference=new_sid())
        for _ in range(manner.times):
            self._tell(course, status, error)

    def _tell(
        self, course: Course, status: str, error: int | None, *, reference: str = "", forged: bool = False
    ) -> None:
        """Queue one callback. One that carries a wrong reference or signature is not counted as answered."""
        form = receipt_form(course.text, self._account, status, error)
        if reference:
            form |= {"MessageSid": reference, "SmsSid": reference}
        text = course.text
        note = self._passed if reference or forged else lambda called: self._told(text, status, called)
        self._pending.begin("callbacks")
        self._later(course.manner.delay, lambda: self._webhooks.send(course.callback, form, note, forged=forged))

    def _passed(self, _: Called) -> None:
        self._pending.end("callbacks")

    def _told(self, text: Text, status: str, called: Called) -> None:
        self._pending.end("callbacks")
        self._counts.callback(called.status)
        text.answered += called.ok
        line = {"reference": text.sid, "status": status, "answered": called.status, "attempts": called.attempts}
        self._journal.callbacks.append(line | {"at": stamp(time.time())})

    def _later(self, delay: float, what: Callable[[], None]) -> None:
        if not delay:
            what()
            return

        def happens() -> None:
            self._timers.discard(timer)
            what()

        timer = asyncio.get_running_loop().call_later(delay, happens)
        self._timers.add(timer)
