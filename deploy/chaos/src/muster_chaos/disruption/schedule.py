"""The disruptions of a run: an endless sequence drawn from a seed, the same for the same seed.

Targets and failpoints are drawn from a shuffled deck: none is drawn twice before all were drawn once, so that a run of
some length has hit every one of them, in the proportions of the deck.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")

SERVERS = ("kafka", "postgres")
TARGETS = {
    "dispatch-sms": 1,
    "dispatch-email": 1,
    "access": 3,
    "members": 2,
    "segmenter": 3,
    "segmenter-worker": 2,
    "ballot": 3,
    "sandbox": 3,
    "kafka": 3,
    "postgres": 3,
}
"""Kills of each process in twenty-four. Processes without failpoints get more of them."""
FAILPOINTS = {
    "members": ("intake.before-commit", "intake.after-commit", "outbox.publishing", "outbox.published"),
    "segmenter-worker": ("fan-out.published",),
    "dispatch-sms": (
        "admission.before-commit",
        "admission.after-commit",
        "sender.claimed",
        "sender.calling",
        "sender.answered",
        "sender.recorded",
        "publisher.published",
        "webhook.before-commit",
        "webhook.after-commit",
        "reply.before-commit",
        "reply.after-commit",
    ),
    "dispatch-email": (
        "sender.claimed",
        "mail.let-go",
        "mail.dot-written",
        "sender.answered",
        "sender.recorded",
        "publisher.published",
    ),
}
"""The failpoints of each service (chassis.failpoints). Those of intake and webhooks are reached by requests only."""
_MOST_REPLICAS = {"dispatch-sms": 3, "dispatch-email": 2}
_PAUSABLE = tuple(target for target in TARGETS if target != "postgres")


@dataclass(frozen=True, slots=True)
class Kill:
    """kill -9 of one replica of a service, or of a server."""

    target: str
    draw: float
    """In [0, 1): selects the replica."""


@dataclass(frozen=True, slots=True)
class Die:
    """kill -9, and the process that replaces it dies at a failpoint when it reaches it for the `after`th time."""

    target: str
    failpoint: str
    after: int


@dataclass(frozen=True, slots=True)
class Pause:
    """SIGSTOP, and SIGCONT after so many seconds."""

    target: str
    draw: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Scale:
    """Run so many replicas from now on."""

    service: str
    replicas: int


Disruption = Kill | Die | Pause | Scale


@dataclass(frozen=True, slots=True)
class Timed:
    """A disruption, and how many seconds after the one before it comes."""

    wait_seconds: float
    disruption: Disruption


def disruptions(seed: int, *, pace_seconds: float, longest_pause_seconds: float) -> Iterator[Timed]:
    """Endless. The first hits the segmenter's worker, whose fan-out is soon over."""
    dice = random.Random(f"blows {seed}")  # noqa: S311 - a repeatable draw, not a secret
    kills, deaths = _kills(dice), _deaths(dice)
    yield Timed(0.0, Die("segmenter-worker", "fan-out.published", dice.randint(1, 4)))
    while True:
        wait, kind = dice.uniform(0.4, 1.6) * pace_seconds, dice.random()
        if kind < 0.55:
            yield Timed(wait, next(kills))
        elif kind < 0.80:
            yield Timed(wait, next(deaths))
        elif kind < 0.92:
            yield Timed(wait, _pause(dice, longest_pause_seconds))
        else:
            service = dice.choice(sorted(_MOST_REPLICAS))
            yield Timed(wait, Scale(service, dice.randint(1, _MOST_REPLICAS[service])))


def _kills(dice: random.Random) -> Iterator[Kill]:
    deck = [name for name, times in TARGETS.items() for _ in range(times)]
    for target in _shuffled(dice, deck):
        yield Kill(target, dice.random())


def _deaths(dice: random.Random) -> Iterator[Die]:
    deck = [(service, name) for service, names in FAILPOINTS.items() for name in names]
    for service, failpoint in _shuffled(dice, deck):
        yield Die(service, failpoint, dice.randint(1, 6))


def _pause(dice: random.Random, longest_seconds: float) -> Pause:
    return Pause(dice.choice(_PAUSABLE), dice.random(), dice.uniform(0.1, longest_seconds))


def _shuffled(dice: random.Random, deck: Sequence[T]) -> Iterator[T]:
    """Endless: the deck again and again, each time shuffled anew."""
    while True:
        yield from dice.sample(deck, len(deck))
