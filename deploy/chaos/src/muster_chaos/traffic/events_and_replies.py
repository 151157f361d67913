"""Other systems post events and members answer during a run; what was accepted is recorded."""

import asyncio
import random
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import islice
from uuid import uuid4

import httpx
from local_stack.sandbox_client import SandboxClient
from local_stack.stack import Stack
from muster_demo.staff import Staff
from muster_demo.union import BRANCHES, UNION
from sandbox.journal.lines import SMS

_STRUCTURED = {"Content-Type": "application/cloudevents+json"}
_ANSWERS = ("1", "1", "yes", "Yes!", "2", "2", "not yet", "Who is this?")
_TEXTS_AT_ONCE = 3
_WORDS_IN_OUTAGE = ("STOP", "1", "Stop please", "2")
_TEXTS_IN_OUTAGE = 4
"""With each of some words."""


@dataclass
class EventsAndReplies:
    """Runs beside the disruptions. `meetings` and `joined` were answered with a 2xx and must not be lost."""

    stack: Stack
    staff: Staff
    seed: int
    meetings: set[str] = field(default_factory=set)
    joined: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._dice = random.Random(f"union {self.seed}")  # noqa: S311 - a repeatable draw, not a secret
        self._sandbox = SandboxClient(self.stack)
        self._texted = 0
        self._posting, self._answering = asyncio.Lock(), asyncio.Lock()

    async def run(self) -> None:
        """Endless."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._post())
            group.create_task(self._answer())

    async def _post(self) -> None:
        number = 0
        while True:
            number += 1
            meeting, joined = f"chaos-{self.seed}-{number}", f"LU-CHAOS-{self.seed}-{number}"
            async with self._posting:
                await self._post_event("meeting.scheduled.v1", self._meeting(meeting))
                self.meetings.add(meeting)
                await self._post_event("member.joined.v1", self._member(joined, number))
                self.joined.add(joined)
            await asyncio.sleep(0.5)

    async def _post_event(self, kind: str, data: Mapping[str, str]) -> None:
        """Post it under one id until it is answered with a 2xx."""
        event = {"specversion": "1.0", "id": str(uuid4()), "source": "chaos", "type": kind, "data": data}
        await self.staff.call("members", "POST", "/events", json=event, headers=_STRUCTURED)

    def _meeting(self, meeting: str) -> dict[str, str]:
        starts_at = "2030-01-07T18:00:00Z"
        return {"meeting_id": meeting, "body": UNION, "title": "Meeting", "starts_at": starts_at, "place": "Hall"}

    def _member(self, number: str, index: int) -> dict[str, str]:
        branch = self._dice.choice(BRANCHES)
        return {
            "membership_number": number,
            "given_name": "Ann",
            "family_name": "Lee",
            "branch": branch.slug,
            "employer": branch.employer,
            "job": "lecturer",
            "mobile": f"07403 {index * 10:06d}",
            "language": "en",
        }

    async def _answer(self) -> None:
        """The next few who were texted write back; one in fifty times it is STOP."""
        while True:
            texted = list(islice(SMS.lines(self.stack.journal), self._texted, self._texted + _TEXTS_AT_ONCE))
            self._texted += 20 if texted else 0  # a few of each twenty answer
            numbers = [(line["to"], line["from"]) for line in texted]
            body = "STOP" if self._dice.random() < 0.02 else self._dice.choice(_ANSWERS)
            async with self._answering:
                await self._text(numbers, body)
            await asyncio.sleep(0.5)

    async def _text(self, numbers: list[tuple[str, str]], body: str) -> None:
        try:
            if numbers:
                await self._sandbox.text(numbers, body)
        except httpx.HTTPError:
            pass  # the carrier was killed; its journal says which texts it had

    @asynccontextmanager
    async def quiet(self) -> AsyncIterator[None]:
        """Within the block nothing is posted or answered."""
        async with self._posting, self._answering:
            yield

    async def texted_last(self) -> list[tuple[str, str]]:
        """Enough members for an outage, by number and ours; empty while fewer were texted."""
        texted = {line["to"]: line["from"] for line in SMS.lines(self.stack.journal)}
        most = _TEXTS_IN_OUTAGE * len(_WORDS_IN_OUTAGE)
        return list(texted.items())[-most:] if len(texted) >= most else []

    async def text_in_outage(self, numbers: list[tuple[str, str]]) -> None:
        """Some stop, others answer; return when the carrier has given all of it up."""
        some = [numbers[start : start + _TEXTS_IN_OUTAGE] for start in range(0, len(numbers), _TEXTS_IN_OUTAGE)]
        await asyncio.gather(*map(self._text, some, _WORDS_IN_OUTAGE))
