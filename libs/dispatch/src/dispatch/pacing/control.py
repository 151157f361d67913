"""What a provider's answers make of the rate, and when they close it but for a probe. Pure: a simulation tries it."""

from dataclasses import dataclass
from enum import Enum, auto

WINDOW = 2.0
"""Seconds of answers that are judged together, if they are enough."""
_FEW, _MANY = 20, 100
_LONG, _LONGEST = 10.0, 20.0
"""How many answers make a share of refusals: many, or a few after a long time or if the share is large."""
_LARGE = 0.2
TOLERATED = 0.08
"""Share of refusals that does not lower the rate: some providers refuse a few at any rate."""
STEP, _LARGEST_STEP = 0.01, 0.5
"""By which share the rate grows after a window without too many refusals; it doubles as long as none is refused."""
FLOOR = 1 / 64
"""Of what is allowed."""
RUN = 10
"""Doubts in a row after which only probes are made."""
PROVED = 3
"""Messages that are then taken before sending goes on."""


class Answer(Enum):
    """What came of a call, as far as the rate is concerned."""

    TAKEN = auto()
    """The provider decided about the message: accepted or rejected."""
    REFUSED = auto()
    """Too fast, or nothing is taken now."""
    DOUBT = auto()


@dataclass(slots=True)
class Control:
    """The state that all replicas share. `allowed` and `rate` are units a second; `answered` and `refused` are of the
    window that runs, `doubts` are in a row, `proved` are messages taken since only probes are made."""

    allowed: float
    rate: float
    step: float = STEP
    answered: int = 0
    refused: int = 0
    doubts: int = 0
    proved: int = 0

    @property
    def breaker_open(self) -> bool:
        """Whether only probes are made."""
        return self.doubts >= RUN

    @property
    def mostly_refuses(self) -> bool:
        """Whether a wait that the provider asks for one message is for all of the sender's."""
        return self.refused >= PROVED and 2 * self.refused > self.answered

    def take(self, answer: Answer) -> None:
        """Count one answer."""
        self.answered += 1
        if answer is Answer.DOUBT:
            self.doubts, self.proved = min(self.doubts + 1, RUN), 0
        elif answer is Answer.TAKEN:
            self.proved = self.proved + 1 if self.breaker_open else 0
            if not self.breaker_open or self.proved >= PROVED:
                self.doubts = self.proved = 0
        self.refused += answer is not Answer.TAKEN

    def end_window(self, elapsed: float) -> bool:
        """Judge the answers of the last `elapsed` seconds, if it is time; after a rest it is several windows without a
        refusal. Too many refusals lower the rate to what was taken."""
        taken, share = self.answered - self.refused, self.refused / max(1, self.answered)
        if elapsed < WINDOW or (self.refused and not self._is_enough(share, elapsed)):
            return False
        if share > TOLERATED:
            self.rate = max(self.allowed * FLOOR, min(self.rate, max(self.rate * (1 - share), taken / elapsed)))
            self.step = STEP
        elif self.refused:
            self.rate, self.step = min(self.allowed, self.rate * (1 + STEP)), STEP
        else:
            for _ in range(min(int(elapsed / WINDOW), 40)):
                self.rate = min(self.allowed, self.rate * (1 + self.step))
                self.step = min(_LARGEST_STEP, 2 * self.step)
        self.answered = self.refused = 0
        return True

    def _is_enough(self, share: float, elapsed: float) -> bool:
        few = self.answered >= _FEW and (share > _LARGE or elapsed >= _LONG)
        return few or self.mostly_refuses or self.answered >= _MANY or elapsed >= _LONGEST
