"""What one delivery, two senders, a reconciler and a provider are at one moment, and what holds in their world."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum

from dispatch.ledger import moves
from dispatch.ledger.moves import Move, Row
from dispatch.ledger.states import Happening, State


class Time(IntEnum):
    """Of the present attempt."""

    OPEN, OVERDUE, RIPE = range(3)


@dataclass(frozen=True, slots=True)
class Sender:
    """`phase`: idle, claimed, checked (the deadline), let (where it has to ask), posted, knows (what to write)."""

    phase: str = "idle"
    gen: int = 0
    knows: Happening | None = None


@dataclass(frozen=True, slots=True)
class World:
    """Everything at one moment. `fates[gen-1]`: none, flying, refused, dropped, has, listed."""

    state: State = State.REQUESTED
    gen: int = 0
    resends: int = 0
    time: Time = Time.OPEN
    looks: int = 0
    senders: tuple[Sender, ...] = (Sender(), Sender())
    fates: tuple[str, ...] = ()
    bound: frozenset[int] = frozenset()
    permitted: int = 0
    seen: tuple[int, frozenset[int]] | None = None
    """What the reconciler has read and not yet acted on: the attempt it looked for, and the messages listed."""

    @property
    def row(self) -> Row:
        return Row(self.state, self.gen, 0, resends=self.resends, permitted=self.permitted)

    @property
    def sent(self) -> int:
        """How many messages the provider has of this delivery."""
        return sum(fate in {"has", "listed"} for fate in self.fates)


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds in this world; a mutant takes one away."""

    pause: bool = True
    late: bool = True
    lag: bool = True
    looks: int = 2
    fenced: bool = True
    asks: bool = False
    """As by e-mail: a sender asks before it lets the message go, and what is in doubt is held."""
    heeds: bool = True
    attempts: int = 2
    most_gens: int = 2
    after: Callable[[Row, Move], Row] = field(default=moves.after, compare=False)
