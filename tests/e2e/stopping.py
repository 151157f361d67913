"""Stops each service in turn in mid-campaign, once in order and once with kill -9."""

import signal
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from uuid import UUID

from local_stack.sandbox_client import SandboxClient
from local_stack.stack import Stack
from muster_demo import evidence
from sandbox.journal.lines import EMAIL, RECEIPTS, SMS, AcceptedMail, JournalFile, SentText

from tests.e2e.campaigning import Told
from tests.e2e.places import SCALED, Settings, alone, booked, rows, sending, waiting
from tests.support.facts import eventually

SERVICES = ("access", "members", "segmenter", "segmenter-worker", "ballot", "dispatch-email", "dispatch-sms")
BOOKS: dict[str, JournalFile[SentText] | JournalFile[AcceptedMail]] = {"dispatch-sms": SMS, "dispatch-email": EMAIL}
SLOW = {"dispatch-sms": {"SMS_RATE_PER_SECOND": "0.5"}, "dispatch-email": {"EMAIL_RATE_PER_SECOND": "0.15"}}
"""Each channel has work for nine minutes: on a machine that does other work, the stops take five."""
FAST = {"dispatch-sms": {"SMS_RATE_PER_SECOND": "60"}, "dispatch-email": {"EMAIL_RATE_PER_SECOND": "40"}}
OPEN_CALLS = (
    {"kind": "sms.delay", "delay": 3.0},
    {"kind": "smtp.delay", "at": "dot", "delay": 5.0},
)
"""Answers come late, so that a stop finds calls open."""
_HERALDS = 6
_STATES = "SELECT state, waiting_for, count(*), min(not_before), max(gen) FROM deliveries GROUP BY 1, 2"
_ATTEMPTS = "SELECT outcome, count(*), max(t_send) FROM attempts GROUP BY 1"
_RATES = "SELECT *, clock_timestamp() AS now FROM rates"


@dataclass(frozen=True, slots=True)
class Stop:
    """One stop and what it left. `waiting` deliveries had not been claimed; `cut`, of a dispatcher, were begun and have
    no outcome."""

    service: str
    signal: signal.Signals
    status: int | None
    waiting: int
    cut: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class Survived:
    """A story that was told to its end all the same, and the texts that were sent while nobody counted."""

    told: Told
    stops: Sequence[Stop]
    texted: int


def settings() -> Settings:
    """Of a stack that sends slowly until a dispatcher was killed."""
    given = deepcopy(SCALED)
    for name, slow in SLOW.items():
        given[name] |= slow
    given["segmenter"] = {"APPROVAL_ABOVE": "100", "BOUNCE_MINUTES": "0.1"}
    given["ballot"] = {"COUNT_GRACE_SECONDS": "10"}
    return given


class Stopper:
    """Does it, and remembers."""

    def __init__(self, stack: Stack, settings: Settings) -> None:
        self._stack, self._settings, self._sandbox = stack, settings, SandboxClient(stack)
        self.stops: list[Stop] = []
        self.texted = 0

    async def stop_each(self, services: Sequence[str] = SERVICES) -> None:
        """Begins when the campaign does. A dispatcher works on at full speed after it was killed."""
        await self._sandbox.faults(*OPEN_CALLS)
        for service in services:
            for what in (signal.SIGTERM, signal.SIGKILL):
                await self._stop(service, what)
        await self._sandbox.faults()

    async def _stop(self, service: str, what: signal.Signals) -> None:
        channel = service if service in BOOKS else "dispatch-sms"
        await self._under_way(channel)
        await self._stack.kill(service, what)
        cut = frozenset[UUID]()
        if service in BOOKS:
            await alone(self._stack, channel)
            cut = await sending(self._stack, channel)
        left = await waiting(self._stack, channel)
        self.stops.append(Stop(service, what, self._stack.children[service].returncode, left, cut))
        if service == "ballot":
            await self._answer_meanwhile()
        if what is signal.SIGKILL:
            self._settings.get(service, {}).update(FAST.get(service, {}))
        await self._stack.restart(service)

    async def _under_way(self, channel: str) -> None:
        """Something new was accepted, and at this very moment calls are open that will stay so for a while."""
        before = len(booked(self._stack, BOOKS[channel]))
        try:
            await eventually(lambda: len(booked(self._stack, BOOKS[channel])) > before, within=120)
            await eventually(lambda: self._unanswered(channel), within=120)
        except AssertionError as error:
            done = [(stop.service, stop.signal.name) for stop in self.stops]
            error.add_note(f"after {done}, {before} booked\n{await self._looks(channel)}")
            raise

    async def _looks(self, channel: str) -> str:
        """What the ledger and its attempts came to, for the note of a failure."""
        found = [row for query in (_STATES, _ATTEMPTS, _RATES) for row in await rows(self._stack, channel, query)]
        return "\n".join(str(dict(row)) for row in found)

    async def _unanswered(self, channel: str) -> frozenset[UUID]:
        """Begun and not in the book yet. What is in the book is being answered, and would be settled before a kill."""
        return await sending(self._stack, channel) - frozenset(booked(self._stack, BOOKS[channel]))

    async def _answer_meanwhile(self) -> None:
        """Members whose text has arrived answer while nobody counts; not to one that tried the campaign out."""
        arrived = {line["reference"] for line in RECEIPTS.lines(self._stack.journal)}
        tries = await evidence.tries(self._stack)
        sent = [line for line in SMS.lines(self._stack.journal) if line["delivery_id"] not in tries]
        texts = [line for line in sent if line["reference"] in arrived]
        self.texted += await self._sandbox.text([(line["to"], line["from"]) for line in texts[:_HERALDS]], "2")
