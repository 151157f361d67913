"""Applies moves to the ledger: one lock, one fold, one write, whoever brings them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from chassis.logs import get
from dispatch.domain.moves import Move, Row, after, closes, counts
from dispatch.optouts import OptOut, OptOuts
from dispatch.repository import ledger
from dispatch.repository.ledger import Closing, Locked
from dispatch.settings import DispatchSettings
from dispatch.states import EVIDENCE, Happening, State
from sqlmodel.ext.asyncio.session import AsyncSession

log = get(__name__)
Moves = Sequence[tuple[UUID, Move]]


@dataclass(slots=True)
class Applied:
    """What a set of moves did. Count it only after the commit."""

    states: dict[UUID, State] = field(default_factory=dict)
    """Where each known delivery stands now."""
    opened: int = 0
    resolved: Counter[str] = field(default_factory=Counter)
    """In doubt or held before, and not any more: by whom."""
    duplicates: list[UUID] = field(default_factory=list)
    resent: int = 0
    unknown: int = 0
    changed: int = 0


class Ledger:
    """The ledger's one way of moving rows, within the caller's transaction."""

    def __init__(self, settings: DispatchSettings) -> None:
        self._poll_after = timedelta(seconds=settings.status_after_seconds[0])
        self._optouts = OptOuts(settings)

    async def apply(self, session: AsyncSession, moves: Moves, now: datetime) -> Applied:
        """Moves of one delivery are taken in order; `now` is the business clock's."""
        ids = {delivery_id for delivery_id, _ in moves}
        locked = await ledger.lock(session, ids)
        bound = await ledger.references(session, ids, {move.reference for _, move in moves if move.reference})
        done = Applied(unknown=sum(delivery_id not in locked for delivery_id, _ in moves))
        rows = {delivery_id: item.row for delivery_id, item in locked.items()}
        binding = _Binding(bound, done)
        told: list[tuple[Locked, Move]] = []
        for delivery_id, move in moves:
            if delivery_id in rows:
                before = rows[delivery_id]
                rows[delivery_id] = _take(delivery_id, before, move, binding, done)
                if rows[delivery_id].rev != before.rev:
                    told.append((locked[delivery_id], move))
        changed = [
            (locked[delivery_id], row) for delivery_id, row in rows.items() if row.rev != locked[delivery_id].row.rev
        ]
        done.changed, done.states = len(changed), {delivery_id: row.state for delivery_id, row in rows.items()}
        if changed:
            await ledger.move(session, changed, self._poll_after)
        if binding.closings:
            await ledger.close_attempts(session, list(binding.closings.values()))
        await self._mark_addresses(session, told, now)
        return done

    async def _mark_addresses(self, session: AsyncSession, told: Sequence[tuple[Locked, Move]], now: datetime) -> None:
        """What arrived proves its address good, a bad one is remembered as such, and an opt-out that the provider knows
        of is one. Only by what moved a row: a receipt that is repeated must not undo the START that came after it.

        Opt-outs first: they take the lock on all addresses, which comes before the rows of single ones everywhere.
        """
        good = {item.address_hash for item, move in told if move.happening is Happening.ARRIVED and item.address_hash}
        bad = [(item.address_hash, move.code) for item, move in told if move.address_bad and item.address_hash]
        out = [_opt_out(item, item.address_hash) for item, move in told if move.opted_out and item.address_hash]
        if out:
            await self._optouts.take(session, out, "provider", now)
        if good:
            await ledger.unmark_bad(session, sorted(good))
        if bad:
            await ledger.mark_bad(session, bad, now)


def _opt_out(item: Locked, address_hash: str) -> OptOut:
    return OptOut(
        address_hash,
        ("provider", item.delivery_id),
        member_id=item.member_id,
        delivery_id=item.delivery_id,
        campaign_id=item.campaign_id,
        step=item.step,
    )


def _take(delivery_id: UUID, row: Row, move: Move, binding: "_Binding", done: Applied) -> Row:
    binding.note(delivery_id, row, move)
    moved = after(row, move)
    if moved.rev != row.rev:
        _count(row, moved, move, done)
    return moved


def _count(row: Row, moved: Row, move: Move, done: Applied) -> None:
    if moved.state is State.IN_DOUBT:
        done.opened += 1
    if row.state is State.HELD or (row.state is State.IN_DOUBT and moved.state is not State.HELD):
        done.resolved[move.by] += 1
    if move.happening is Happening.NOT_FOUND:
        done.resent += 1


class _Binding:
    """Which reference belongs to which attempt. A second one for a delivery means that it went twice."""

    def __init__(self, bound: dict[tuple[UUID, int], str | None], done: Applied) -> None:
        self._bound, self._done = bound, done
        self._owner = {reference: key for key, reference in bound.items() if reference}
        self._has = {delivery_id for delivery_id, _ in self._owner.values()}
        self.closings: dict[tuple[UUID, int], Closing] = {}

    def note(self, delivery_id: UUID, row: Row, move: Move) -> None:
        outcome = closes(move)
        if outcome is None or not counts(row, move) or row.gen < 1:
            return
        key = (delivery_id, move.gen if move.gen is not None else row.gen)
        fresh = self._bind(key, move.reference)
        if self._bound.get(key) is not None and move.happening not in EVIDENCE:
            return  # an attempt with a reference was accepted, whatever else is said of it
        was = self.closings.get(key)
        self.closings[key] = Closing(
            delivery_id, key[1], outcome, fresh or (was.reference if was else None), move.reason or move.code
        )

    def _bind(self, key: tuple[UUID, int], reference: str) -> str | None:
        """The reference if it is new and this attempt's to have."""
        if not reference or self._bound.get(key) == reference:
            return None
        owner = self._owner.get(reference)
        if owner is not None and owner[0] != key[0]:
            log.error("a reference is claimed by two deliveries", delivery_id=str(key[0]), other=str(owner[0]))
            return None
        if owner is not None:
            return None  # bound to another attempt of the same delivery: the same message
        if key[0] in self._has:
            self._done.duplicates.append(key[0])
            log.error("a delivery has a second reference: it may have gone twice", delivery_id=str(key[0]))
        if self._bound.get(key) is not None:
            return None
        self._bound[key], self._owner[reference] = reference, key
        self._has.add(key[0])
        return reference
