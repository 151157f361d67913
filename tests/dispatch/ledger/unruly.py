"""A carrier that keeps no promises but those that DELIVERY.md makes for it.

The last byte comes within P of the deadline check, nothing is accepted later than L after we gave up, and the list
shows everything V later. A fate takes these spans in full or not at all.
"""

import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from chassis.errors import Unavailable
from chassis.kafka.producer import Record
from dispatch.provider import Accepted, Found, InDoubt, LetGo, Lookup, NotSent, Outbound, Outcome, Rejected, Seen

P, L, V = 100.0, 150.0, 200.0
D, T, Q = 600.0, 100.0, P + L + V
Doing = Callable[[], Awaitable[None]]


class Killed(BaseException):
    """The process is gone in the middle of a call; like a kill, nothing catches it."""


@dataclass(frozen=True, slots=True)
class Fate:
    """What the carrier makes of one request. `word`: accepts, drops, refuses or rejects. `heard`: the answer is, at
    once; else the process knows nothing yet."""

    word: str = "accepts"
    heard: bool = True
    paused: bool = False
    late: bool = False
    lags: bool = False

    @property
    def certain(self) -> bool:
        """Whether the answer, if it is heard, says what became of the message."""
        return not self.late and self.word != "drops"


@dataclass(frozen=True, slots=True)
class Request:
    """One POST that was begun, on the trial's clock."""

    message: Outbound
    fate: Fate
    accepted_at: float
    listed_at: float
    begun: float = field(default_factory=time.monotonic)
    """By the process's own clock."""
    reference: str = field(default_factory=lambda: f"SM{uuid.uuid4().hex}")


class UnrulyProvider:
    """The carrier. `requests` is its own book."""

    channel = "sms"
    asks_permit = False

    def __init__(self, now: Callable[[], float]) -> None:
        self._now, self.requests = now, list[Request]()
        self.fate, self.lists = Fate(), True
        self.meanwhile: Doing = nothing

    def cost(self, text: str) -> int:
        return 1

    async def send(self, message: Outbound, _: LetGo) -> Outcome:
        now, fate = self._now(), self.fate
        accepted = now + P * fate.paused + (T + L) * fate.late
        self.requests.append(Request(message, fate, accepted, accepted + V * fate.lags))
        if not fate.heard:
            raise Killed
        return self.answer(self.requests[-1])

    def answer(self, request: Request) -> Outcome:
        """What a process that waited for the answer knows by now."""
        if request.fate.word == "refuses":
            return NotSent("busy", retry_after=0.0)
        if request.fate.word == "rejects":
            return Rejected("21408")
        if request.fate.certain and self.accepted(request):
            return Accepted(request.reference)
        return InDoubt("no answer")

    def accepted(self, request: Request) -> bool:
        return request.fate.word == "accepts" and request.accepted_at <= self._now()

    @property
    def book(self) -> list[Request]:
        """What was accepted so far."""
        return [request for request in self.requests if self.accepted(request)]

    async def find(self, lookup: Lookup) -> Found:
        meanwhile, self.meanwhile = self.meanwhile, nothing
        before = len(self.requests) % 2 == 0
        if before:
            await meanwhile()
        if not self.lists:
            raise Unavailable("the list fails")
        found = Found(tuple(Seen(one.reference) for one in self.book if self._shows(one, lookup)))
        if not before:
            await meanwhile()
        return found

    def _shows(self, request: Request, lookup: Lookup) -> bool:
        at = datetime.now(UTC) - timedelta(seconds=self._now() - request.accepted_at)
        slack = timedelta(seconds=1)  # the clock that the database reads may be set while this one runs on
        return (
            request.message.to == lookup.to
            and lookup.is_text(request.message.text)
            and lookup.since - slack <= at <= lookup.until + slack
            and request.listed_at <= self._now()
        )

    async def status(self, reference: str) -> Seen | None:
        return None

    async def close(self) -> None:
        """Nothing is open."""


class Wire:
    """Where the broker would be. `meanwhile` happens between the publication and the mark."""

    def __init__(self) -> None:
        self.records, self.killed = list[Record](), False
        self.meanwhile: Doing = nothing

    async def publish_many(self, records: list[Record]) -> None:
        self.records += records
        meanwhile, self.meanwhile = self.meanwhile, nothing
        await meanwhile()
        if self.killed:
            raise Unavailable("killed before the mark")


async def nothing() -> None:
    """Meanwhile, nothing."""
