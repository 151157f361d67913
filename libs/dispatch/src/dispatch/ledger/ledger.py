"""Applies moves to the ledger: one lock, one fold, one write, whichever part brings them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import Enum, auto
from uuid import UUID

from chassis.clock import Clock
from chassis.db.database import Database
from chassis.failpoints import reach
from chassis.observability.logs import get
from dispatch.inbound import bad_addresses
from dispatch.inbound.suppression import Suppression, Suppressions
from dispatch.ledger import sql
from dispatch.ledger.moves import Move, Row, after, closes, counts
from dispatch.ledger.sql import Bound, Closing, Locked
from dispatch.ledger.states import EVIDENCE, Happening, State
from dispatch.observability.metrics import DispatchMetrics
from dispatch.settings import DispatchSettings
from dispatch.wakeups import Wakeups
from sqlmodel.ext.asyncio.session import AsyncSession

log = get(__name__)
Moves = Sequence[tuple[UUID, Move]]
_LIST, _SENDER = "list", "sender"


@dataclass(slots=True)
class Applied:
    """What a set of moves did."""

    states: dict[UUID, State] = field(default_factory=dict)
    """Where each known delivery stands now."""
    opened: int = 0
    resolved: Counter[str] = field(default_factory=Counter)
    """In doubt or held before, and not any more: by which part."""
    duplicates: set[UUID] = field(default_factory=set)
    resent: int = 0
    unknown: int = 0
    changed: int = 0


class Ledger:
    """The only way of moving rows."""

    def __init__(
        self, settings: DispatchSettings, database: Database, clock: Clock, wakeups: Wakeups, metrics: DispatchMetrics
    ) -> None:
        after = timedelta(seconds=settings.status_after_seconds[0])
        self._poll_after = after if settings.expects_receipts else None
        self._suppressions = Suppressions(settings)
        self._database, self._clock, self._wakeups, self._metrics = database, clock, wakeups, metrics

    async def write(self, moves: Moves, *, before_commit: str = "", after_commit: str = "") -> Applied:
        """Apply the moves in a transaction of their own, and announce them. The names are failpoints."""
        if not moves:
            return Applied()
        async with self._database.transaction() as session:
            done = await self.apply(session, moves)
            reach(before_commit)
        reach(after_commit)
        self.announce(done)
        return done

    def announce(self, done: Applied) -> None:
        """After the commit: count what was done, and wake the parts that have work now."""
        metrics = self._metrics
        metrics.opened.inc(done.opened)
        metrics.duplicates.inc(len(done.duplicates))
        metrics.resent.inc(done.resent)
        metrics.unknown.inc(done.unknown)
        for by, times in done.resolved.items():
            metrics.resolved(by).inc(times)
        if done.changed:
            self._wakeups.unpublished.set()
        if State.REQUESTED in done.states.values():
            self._wakeups.due.set()

    async def apply(self, session: AsyncSession, moves: Moves) -> Applied:
        """Within the caller's transaction; moves of one delivery are taken in order."""
        ids = {delivery_id for delivery_id, _ in moves}
        locked = await sql.lock(session, ids)
        bound = await sql.references(session, ids, {move.reference for _, move in moves if move.reference})
        done = Applied(unknown=sum(delivery_id not in locked for delivery_id, _ in moves))
        rows = {delivery_id: item.row for delivery_id, item in locked.items()}
        binding = _Binding(bound, done)
        effective: list[tuple[Locked, Move]] = []
        for delivery_id, move in moves:
            if delivery_id in rows:
                before = rows[delivery_id]
                rows[delivery_id] = _take(delivery_id, before, move, binding, done)
                if rows[delivery_id].rev != before.rev:
                    effective.append((locked[delivery_id], move))
        changed = [(locked[delivery_id], row) for delivery_id, row in rows.items() if row != locked[delivery_id].row]
        done.changed, done.states = len(changed), {delivery_id: row.state for delivery_id, row in rows.items()}
        if changed:
            await sql.move(session, changed, self._poll_after)
        if binding.closings:
            await sql.close_attempts(session, binding.closings.values())
        await self._mark_addresses(session, effective)
        return done

    async def _mark_addresses(self, session: AsyncSession, effective: Sequence[tuple[Locked, Move]]) -> None:
        """A delivered message proves its address good, a bad address is marked, and an opt-out that the provider knows
        of suppresses it. Only by what moved a row: a repeated receipt must not undo the START that came after it.

        Opt-outs first: they take the lock on all addresses, which comes before the rows of single ones everywhere.
        """
        now = self._clock.now()
        good = {
            item.address_hash for item, move in effective if move.happening is Happening.ARRIVED and item.address_hash
        }
        bad = [(item.address_hash, move.code) for item, move in effective if move.address_bad and item.address_hash]
        out = [
            Suppression(
                of.address_hash, ("provider", of.delivery_id), of.member_id, of.delivery_id, of.campaign_id, of.step
            )
            for of, move in effective
            if move.opted_out and of.address_hash
        ]
        if out:
            await self._suppressions.take(session, out, "provider", now)
        if good:
            await bad_addresses.unmark(session, sorted(good))
        if bad:
            await bad_addresses.mark(session, bad, now)


def _take(delivery_id: UUID, row: Row, move: Move, binding: "_Binding", done: Applied) -> Row:
    bound = binding.note(delivery_id, row, move)
    if bound is _Bound.FOREIGN:
        return row
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
    """It brings none, or nothing new."""
    FRESH = auto()
    ANEW = auto()
    """In place of one that is less certain: only the list had given it, or it is not what the sender was answered."""
    FOREIGN = auto()
    """It belongs to another delivery, or the attempt has another one: this is no evidence about the attempt."""


class _Binding:
    """Which reference belongs to which attempt. A second one for a delivery means that it was sent twice, unless the
    first came from the list, which cannot tell several messages with one text apart. What the sender was answered to
    its own call is certain; a status callback only counts if nothing says that its reference is another message's."""

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
        bound = self._bind(key, row, move)
        if bound is _Bound.FOREIGN:
            return bound  # another delivery's message closes nothing: this attempt is still looked for
        if self._reference(key) is not None and move.happening not in EVIDENCE:
            return bound  # an attempt with a reference was accepted, whatever else is reported of it
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

    def _bind(self, key: tuple[UUID, int], row: Row, move: Move) -> _Bound:
        reference, has = move.reference, self._bound.get(key)
        if not reference or (has and has.reference == reference):
            return _Bound.AS_IT_WAS
        owner = self._owner.get(reference)
        if owner is not None:
            return self._owned(key, owner, row, move)
        guessed = bool(has and has.by_list) and move.by != _LIST
        if not guessed and any(self._reference(other) for other in self._bound if other[0] == key[0]):
            self._done.duplicates.add(key[0])
            log.error("a delivery has a second reference: it may have gone twice", delivery_id=str(key[0]))
        if has and has.reference:
            if not guessed and move.by != _SENDER:
                return _Bound.FOREIGN
            del self._owner[has.reference]  # its own delivery may bind it now
        self._give(key, reference, by_list=move.by == _LIST)
        return _Bound.ANEW if has and has.reference else _Bound.FRESH

    def _owned(self, key: tuple[UUID, int], owner: tuple[UUID, int], row: Row, move: Move) -> _Bound:
        if owner[0] == key[0]:
            return _Bound.AS_IT_WAS  # bound to another attempt of the same delivery: the same message
        guessed = self._bound[owner].by_list
        if not guessed:
            log.error("a reference is claimed by two deliveries", delivery_id=str(key[0]), other=str(owner[0]))
        mine = move.by == _SENDER or move.reference == row.reference or (guessed and move.by != _LIST)
        return _Bound.AS_IT_WAS if mine else _Bound.FOREIGN

    def _give(self, key: tuple[UUID, int], reference: str, *, by_list: bool) -> None:
        self._bound[key], self._owner[reference] = Bound(reference, by_list), key
