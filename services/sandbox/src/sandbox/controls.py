"""What may be changed while the sandbox runs, and what is still under way."""

import asyncio
from collections import Counter

from pydantic import BaseModel, ConfigDict, Field
from sandbox.settings import Settings


class Changes(BaseModel):
    """Any subset of the controls."""

    model_config = ConfigDict(extra="forbid")

    parts_per_second: float | None = Field(default=None, ge=0)
    sent_delay: float | None = Field(default=None, ge=0)
    delivered_delay: float | None = Field(default=None, ge=0)
    bounce_delay: float | None = Field(default=None, ge=0)
    late_bounce_delay: float | None = Field(default=None, ge=0)
    fates: bool | None = None
    inbound_url: str | None = None
    dsn_target: str | None = Field(default=None, pattern=r"^(|[^\s:]+:\d{1,5})$")


class Controls:
    """The controls' present values; they start as the settings say."""

    def __init__(self, settings: Settings) -> None:
        self.parts_per_second = settings.carrier_rate_per_second
        self.sent_delay = settings.sent_delay
        self.delivered_delay = settings.delivered_delay
        self.bounce_delay = settings.bounce_delay
        self.late_bounce_delay = settings.late_bounce_delay
        self.fates = settings.fates
        self.inbound_url = settings.inbound_url
        self.dsn_target = settings.dsn_target

    def change(self, changes: Changes) -> None:
        """Take those that were given."""
        for name, value in changes.model_dump(exclude_none=True).items():
            setattr(self, name, value)

    def shown(self) -> dict[str, object]:
        """All of them."""
        return dict(vars(self))


class Counts:
    """What has happened since the journal began."""

    def __init__(self) -> None:
        self.refused: Counter[tuple[str, int]] = Counter()
        """By channel and code."""
        self.callbacks: Counter[str] = Counter()
        self.inbound: Counter[str] = Counter()
        self.bounces: Counter[str] = Counter()

    def callback(self, status: int | None) -> None:
        """One callback ended."""
        self.callbacks.update(("sent", "answered" if _ok(status) else "gave_up"))

    def text(self, status: int | None, replies: int) -> None:
        """One inbound text ended."""
        self.inbound.update(("sent", "ok" if _ok(status) else "failed"))
        self.inbound["replies"] += replies

    def refused_by_code(self, channel: str) -> dict[str, int]:
        """Refusals of one channel."""
        return {str(code): count for (where, code), count in self.refused.items() if where == channel}

    def bounce(self, kind: str, *, arrived: bool) -> None:
        """One mail went back."""
        self.bounces.update((kind, "arrived" if arrived else "lost"))


def _ok(status: int | None) -> bool:
    return status is not None and 200 <= status < 300


class Pending:
    """Counts of what is still under way, by kind; tells when nothing is."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._idle = asyncio.Event()
        self._idle.set()

    def begin(self, kind: str) -> None:
        """One more."""
        self._counts[kind] += 1
        self._idle.clear()

    def end(self, kind: str) -> None:
        """One less."""
        self._counts[kind] -= 1
        if not any(self._counts.values()):
            self._idle.set()

    def shown(self) -> dict[str, int]:
        """Every kind, also at nought."""
        return {kind: self._counts[kind] for kind in ("receipts", "callbacks", "inbound", "bounces")}

    async def settled(self, timeout: float) -> bool:
        """Wait until nothing is under way; False when it took longer than `timeout` seconds."""
        try:
            async with asyncio.timeout(timeout):
                while any(self._counts.values()):
                    await self._idle.wait()
        except TimeoutError:
            return False
        return True
