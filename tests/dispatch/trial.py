"""A channel of the tests: its settings, and a provider written by hand."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar
from uuid import UUID

from content import text_parts
from dispatch.provider import Accepted, Found, LetGo, Lookup, NotSent, Outbound, Outcome, Seen, Stranger
from dispatch.settings import DispatchSettings

QUICK: dict[str, Any] = {
    "deadline_seconds": 2.0,
    "call_timeout_seconds": 1.0,
    "doubt_seconds": 0.6,
    "pause_seconds": 0.2,
    "late_accept_seconds": 0.2,
    "list_lag_seconds": 0.2,
    "look_gap_seconds": 0.3,
    "look_every_seconds": 0.1,
    "looks_per_second": 200.0,
    "probe_seconds": 0.2,
}
"""The spans of DELIVERY.md, scaled down together."""
PATIENT: dict[str, Any] = {"deadline_seconds": 60.0, "call_timeout_seconds": 20.0}
"""With these a claim is neither called too late nor in doubt for a stall of the machine's."""


class TrialSettings(DispatchSettings):
    """A channel of the tests."""

    service: ClassVar[str] = "dispatch-sms"
    channel: ClassVar[str] = "sms"
    trial_rate: float = 2000.0

    @property
    def rate_per_second(self) -> float:
        return self.trial_rate


Answer = Callable[[Outbound], Awaitable[Outcome]]


@dataclass
class TrialProvider:
    """Takes everything unless `answer` is set. `journal` holds what it took, `listed` what its list shows."""

    channel: str = "sms"
    asks_permit: bool = False
    answer: Answer | None = None
    journal: list[Outbound] = field(default_factory=list)
    called: list[tuple[float, Outbound]] = field(default_factory=list)
    listed: list[tuple[Outbound, Seen]] = field(default_factory=list)
    looked: list[Lookup] = field(default_factory=list)
    states: dict[str, Seen] = field(default_factory=dict)
    closed: bool = False
    hangs: asyncio.Event | None = None
    """Until it is set, what is asked about one message is not answered."""
    asked: int = 0
    """How often that was."""

    def cost(self, text: str) -> int:
        return text_parts.count(text).parts

    def take(self, message: Outbound) -> Accepted:
        """Take a message and list it, as a carrier does."""
        reference = f"SM{uuid.uuid4().hex}"
        self.journal.append(message)
        self.listed.append((message, Seen(reference)))
        return Accepted(reference, text_parts.count(message.text).parts, text_parts.count(message.text).encoding)

    async def send(self, message: Outbound, permitted: LetGo) -> Outcome:
        if self.asks_permit and not await permitted():
            return NotSent("not_let_go", retry_after=0.0)
        self.called.append((asyncio.get_running_loop().time(), message))
        return self.take(message) if self.answer is None else await self.answer(message)

    async def find(self, lookup: Lookup) -> Found:
        self.looked.append(lookup)
        there = [(message, seen) for message, seen in self.listed if message.to == lookup.to]
        return Found(
            tuple(seen for message, seen in there if lookup.is_text(message.text)),
            tuple(
                Stranger(seen.reference, (lookup.mark_of(message.text),))
                for message, seen in there
                if not lookup.is_text(message.text)
            ),
        )

    async def status(self, reference: str) -> Seen | None:
        self.asked += 1
        if self.hangs is not None:
            await self.hangs.wait()
        return self.states.get(reference)

    async def close(self) -> None:
        self.closed = True

    def gens(self, delivery_id: UUID) -> list[int]:
        """The attempts of one delivery that it took."""
        return [message.gen for message in self.journal if message.delivery_id == delivery_id]
