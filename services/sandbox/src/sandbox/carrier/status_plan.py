"""What will happen to a text after its acceptance: statuses in time, and how they are reported."""

from dataclasses import dataclass, field

from sandbox.carrier.outcome_by_number import TextOutcome
from sandbox.carrier.text import Text
from sandbox.faults.active import Faults


@dataclass(frozen=True, slots=True)
class CallbackFaults:
    """What goes wrong with the status callbacks of one text."""

    never: bool = False
    times: int = 1
    """How often each is sent."""
    reversed: bool = False
    delay: float = 0.0
    """Seconds."""
    wrong_reference: bool = False
    """One more is sent first, with an unknown MessageSid."""
    forged: bool = False
    """One more is sent first, with a wrong signature."""


@dataclass(frozen=True, slots=True)
class Step:
    """A status that a text takes so many seconds after its acceptance."""

    delay: float
    status: str
    error: int | None = None


@dataclass(slots=True)
class StatusPlan:
    """The steps of one text, and where they are reported; an empty `callback` reports nothing."""

    text: Text
    callback: str
    faults: CallbackFaults
    steps: list[Step]
    held_back: list[Step] = field(default_factory=list)
    """Steps to report after the last one, when the order is reversed."""


def callback_faults(faults: Faults, to: str, outcome: TextOutcome) -> CallbackFaults:
    """The faults that hit the callbacks of a text to this number."""
    trigger = faults.trigger
    repeat, delay = trigger("receipt.repeat", to), trigger("receipt.delay", to)
    return CallbackFaults(
        never=trigger("receipt.never", to) is not None,
        times=repeat.times if repeat else 2 if outcome.disorderly else 1,
        reversed=outcome.disorderly or trigger("receipt.reversed", to) is not None,
        delay=(delay.delay or 1.0) if delay else 0.0,
        wrong_reference=trigger("receipt.wrong-reference", to) is not None,
        forged=trigger("receipt.forged", to) is not None,
    )
