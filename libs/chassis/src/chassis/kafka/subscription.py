"""One consumer group: its topics, the handler of its batches, and how its consumer stands."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from chassis.kafka.batch import Batch
from contracts.topics import Topic


@dataclass(slots=True)
class Progress:
    """How a subscription stands; `caught_up` once the end offsets seen at its start were reached."""

    caught_up: bool = False
    assigned: bool = False
    last_poll: datetime | None = None
    spare: bool = False
    """The group has more members than there are partitions: nothing is ours to poll."""
    cut_off: bool = False
    """Nothing has come for long because the broker or the database is away: this process is not at fault."""
    rebuilt: str = ""
    """What to do about topics whose stored positions lie above the end of their logs; empty where there are none."""
    put_back: int = 0
    """How often a batch could not be stored and was put back, to be read again."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """Topics that one handler consumes under one consumer group."""

    topics: tuple[Topic, ...]
    group: str
    handle: Callable[[Batch], Awaitable[None]]
    max_records: int = 500
    stale_after: float = 30.0
    """Seconds without an answer to a poll after which it is stalled, unless the broker is away."""
    progress: Progress = field(default_factory=Progress, compare=False)

    def is_silent(self, times: float = 1.0) -> bool:
        """Whether no poll has been answered for `stale_after` seconds, or so many times as long."""
        polled = self.progress.last_poll
        return polled is None or (datetime.now(UTC) - polled).total_seconds() > self.stale_after * times
