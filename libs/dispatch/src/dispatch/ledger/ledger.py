"""Applies moves to the ledger: one lock, one fold, one write, whoever brings them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum, auto
from uuid import UUID

from chassis.observability.logs import get
from dispatch.inbound import bad_addresses
from dispatch.inbound.suppression import Suppression, Suppressions
from dispatch.ledger import sql
from dispatch.ledger.moves import Move, Row, after, closes, counts
from dispatch.ledger.sql import Bound, Closing, Locked
from dispatch.ledger.states import EVIDENCE, Happening, State
from dispatch.settings import DispatchSettings
from sqlmodel.ext.asyncio.session import AsyncSession

log = get(__name__)
Moves = Sequence[tuple[UUID, Move]]
_LIST = "list"


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
        after = timedelta(seconds=settings.status_after_seconds[0])
        self._poll_after = after if settings.expects_receipts else None
        self._suppressions = Suppressions(settings)

    async def apply(self, session: AsyncSession, moves: Moves, now: datetime) -> Applied:
        """Moves of one delivery are taken in order; `now` is the business clock's."""
        ids = {delivery_id for delivery_id, _ in moves}
        locked = await sql.lock(session, ids)
        bound = await sql.references(session, ids, {move.reference for _, move in moves if move.reference})
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
        changed = [(locked[delivery_id], row) for delivery_id, row in rows.items() if row != locked[delivery_id].row]
        done.changed, done.states = len(changed), {delivery_id: row.state for delivery_id, row in rows.items()}
        if changed:
            await sql.move(session, changed, self._poll_after)
        if binding.closings:
            await sql.close_attempts(session, list(binding.closings.values()))
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
            await self._suppressions.take(session, out, "provider", now)
        if good:
            await bad_addresses.unmark(session, sorted(good))
        if bad:
            await bad_addresses.mark(session, bad, now)


def _opt_out(item: Locked, address_hash: str) -> Suppression:
    return Suppression(
        address_hash,
        ("provider", item.delivery_id),
        member_id=item.member_id,
        delivery_id=item.delivery_id,
        campaign_id=item.campaign_id,
        step=item.step,
    )


def _take(delivery_id: UUID, row: Row, move: Move, binding: "_Binding", done: Applied) -> Row:
    bound = binding.note(delivery_id, row, move)
    if bound is _Bound.ELSEWHERE and move.by == _LIST:
        return row  # the list's word for a message that another has got meanwhile
    if bound is _Bound.ANEW:
        row = replace(row, reference=move.reference)
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


class _Bound(Enum):
    """What became of the reference that a move brings."""

    AS_IT_WAS = auto()
    """It brings none, or brings nothing new."""
    FRESH = auto()
    ANEW = auto()
    """In place of one that only the list had given."""
    ELSEWHERE = auto()
    """Another delivery has it."""
    SECOND = auto()
    """The attempt has one of its own: the delivery went twice."""


class _Binding:
    """Which reference belongs to which attempt. A second one for a delivery means that it went twice, unless the first
    was the list's word: of several messages with one text it gives anyone to anyone."""

    def __init__(self, bound: dict[tuple[UUID, int], Bound], done: Applied) -> None:
        self._bound, self._done = bound, done
        self._owner = {item.reference: key for key, item in bound.items() if item.reference}
        self.closings: dict[tuple[UUID, int], Closing] = {}

    def note(self, delivery_id: UUID, row: Row, move: Move) -> _Bound:
        """Bind, and close the attempt that the move speaks of."""
        outcome = closes(move)
        if outcome is None or not counts(row, move) or row.gen < 1:
            return _Bound.AS_IT_WAS
        key = (delivery_id, move.gen if move.gen is not None else row.gen)
        bound = self._bind(key, move)
        if bound is _Bound.ELSEWHERE and move.by == _LIST:
            return bound  # the list's word for another's message closes nothing: this attempt is looked for on
        if self._reference(key) is not None and move.happening not in EVIDENCE:
            return bound  # an attempt with a reference was accepted, whatever else is said of it
        fresh, was = bound in (_Bound.FRESH, _Bound.ANEW), self.closings.get(key)
        self.closings[key] = Closing(
            delivery_id,
            key[1],
            outcome,
            move.reference if fresh else was.reference if was else None,
            move.reason or move.code,
            by_list=move.by == _LIST if fresh else bool(was and was.by_list),
        )
        return bound

    def _reference(self, key: tuple[UUID, int]) -> str | None:
        return self._bound[key].reference if key in self._bound else None

    def _bind(self, key: tuple[UUID, int], move: Move) -> _Bound:
        reference, has = move.reference, self._bound.get(key)
        if not reference or (has and has.reference == reference):
            return _Bound.AS_IT_WAS
        owner = self._owner.get(reference)
        if owner is not None:
            return self._owned(key, owner)
        if has and has.reference and has.by_list and move.by != _LIST:
            del self._owner[has.reference]  # for the one whose message it is to find
            self._give(key, reference, by_list=False)
            return _Bound.ANEW
        if any(self._reference(other) for other in self._bound if other[0] == key[0]):
            self._done.duplicates.append(key[0])
            log.error("a delivery has a second reference: it may have gone twice", delivery_id=str(key[0]))
        if has and has.reference:
            return _Bound.SECOND
        self._give(key, reference, by_list=move.by == _LIST)
        return _Bound.FRESH

    def _owned(self, key: tuple[UUID, int], owner: tuple[UUID, int]) -> _Bound:
        if owner[0] == key[0]:
            return _Bound.AS_IT_WAS  # bound to another attempt of the same delivery: the same message
        if not self._bound[owner].by_list:
            log.error("a reference is claimed by two deliveries", delivery_id=str(key[0]), other=str(owner[0]))
        return _Bound.ELSEWHERE

    def _give(self, key: tuple[UUID, int], reference: str, *, by_list: bool) -> None:
        self._bound[key], self._owner[reference] = Bound(reference, by_list), key
