"""How evidence moves a row: forward only, from any part and in any order."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from dispatch.ledger.states import EVIDENCE, TRANSITIONS, Happening, State


@dataclass(frozen=True, slots=True)
class Move:
    """Something happened to a delivery. `gen` None: only the delivery is known, so its latest attempt."""

    happening: Happening
    by: str
    """Who brought it: sender, receipt, list, poll, reconciler, operator."""
    gen: int | None = None
    reference: str = ""
    code: str = ""
    reason: str = ""
    address_bad: bool = False
    opted_out: bool = False
    parts: int | None = None
    encoding: str | None = None
    not_before: datetime | None = None
    """For NOT_SENT, NOT_FOUND and RELEASED: when it may be claimed again."""
    unless_permitted: bool = False
    """It counts only if the attempt was not let go."""


Passed = tuple[int, str, int, str, dict[str, Any]]
"""A step: rev, status, gen, by which part, and what was known then, so that it is published again as it was."""
_PUBLISHED = ("reference", "code", "reason", "address_bad", "parts", "encoding")


@dataclass(frozen=True, slots=True)
class Row:
    """The part of a ledger row that a move can change. `passed` grows at each step."""

    state: State
    gen: int
    rev: int
    reference: str | None = None
    code: str = ""
    reason: str = ""
    address_bad: bool = False
    parts: int | None = None
    encoding: str | None = None
    not_before: datetime | None = None
    resends: int = 0
    permitted: int = 0
    """The last attempt that was let go: after that it is not certain whether the message was sent."""
    passed: tuple[Passed, ...] = ()


def counts(row: Row, move: Move) -> bool:
    """Whether the move may speak about this row at all.

    Evidence of any attempt that was made counts; everything else only for the present one, so that a stalled sender
    cannot touch what another has claimed since.
    """
    if move.happening in EVIDENCE:
        return row.gen >= 1 and (move.gen is None or 1 <= move.gen <= row.gen)
    if move.unless_permitted and row.permitted >= row.gen:
        return False
    return move.gen is None or move.gen == row.gen


def after(row: Row, move: Move) -> Row:
    """The row after the move; the same row if nothing changes."""
    state = TRANSITIONS.get((row.state, move.happening)) if counts(row, move) else None
    if state is None:
        return row
    rev = row.rev + 1
    changes: dict[str, Any] = {"state": state, "rev": rev}
    if state is State.REQUESTED:
        changes["not_before"] = move.not_before or row.not_before
        changes["resends"] = row.resends + (move.happening is Happening.NOT_FOUND)
    else:
        changes |= {"code": move.code, "reason": move.reason}
        changes["address_bad"] = row.address_bad or move.address_bad
        changes["reference"] = row.reference or move.reference or None
        changes["parts"] = move.parts if move.parts is not None else row.parts
        changes["encoding"] = move.encoding or row.encoding
    moved = replace(row, **changes)
    known = {name: getattr(moved, name) for name in _PUBLISHED if getattr(moved, name)}
    return replace(moved, passed=(*row.passed, (rev, state.value, row.gen, move.by, known)))


_CLOSES = {
    Happening.TOOK: "accepted",
    Happening.ARRIVED: "accepted",
    Happening.FAILED: "accepted",
    Happening.TURNED_DOWN: "rejected",
    Happening.NOT_SENT: "not_sent",
    Happening.NOT_FOUND: "not_found",
    Happening.RELEASED: "released",
}


def closes(move: Move) -> str | None:
    """What becomes of the attempt the move speaks of; None leaves it open, for as long as it may be looked for."""
    return _CLOSES.get(move.happening)
