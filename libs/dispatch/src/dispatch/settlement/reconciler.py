"""Ends doubt by evidence: a receipt, or the provider's list looked at after Q; one replica at a time."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from chassis.clock import Clock
from chassis.db.database import Database
from chassis.errors import Unavailable
from chassis.observability.logs import get
from chassis.periodic import Periodic
from dispatch.ledger.ledger import Ledger
from dispatch.ledger.moves import Move
from dispatch.ledger.states import Happening
from dispatch.observability.metrics import DispatchMetrics
from dispatch.pacing.pace import Pace
from dispatch.provider import Found, Lookup, Provider
from dispatch.settings import DispatchSettings
from dispatch.settlement import sql
from dispatch.settlement.lookup import Bind, Decision, Doubt, Hold, LookAgain, Ours, Resend, decide
from dispatch.settlement.receipt_polls import ReceiptPolls
from dispatch.settlement.receipts import HAPPENINGS
from dispatch.settlement.sql import NEVER_LET_GO, Overdue
from dispatch.wakeups import Wakeups

log = get(__name__)
_MOST = 200
_TOGETHER = 10
_LOST = 8
"""A message that was in hand when its sender died so often may be what kills it: a person looks."""


class Reconciler:
    """Every write is fenced by the generation it looked at."""

    def __init__(
        self,
        settings: DispatchSettings,
        provider: Provider,
        database: Database,
        clock: Clock,
        wakeups: Wakeups,
        counts: DispatchMetrics,
    ) -> None:
        self._settings, self._provider, self._database, self._clock = settings, provider, database, clock
        self._wakeups, self._counts = wakeups, counts
        self._secret = settings.address_secret.get_secret_value().encode()
        self._wait = timedelta(seconds=settings.doubt_seconds)
        self._ledger = Ledger(settings)
        self._pace = Pace(database, settings.channel, "lookups", settings.looks_per_second)
        self._polling = ReceiptPolls(settings, provider, database, self._pace, self._settle)

    @property
    def task(self) -> Periodic:
        """Reconciles in one replica at a time."""
        return Periodic("reconciler", self.once, every=self._settings.look_every_seconds, leader=self._database)

    async def once(self) -> None:
        """One round: what is overdue becomes in doubt, what is ripe is looked up, what is late is asked for."""
        await self._open_overdue()
        await self._look()
        await self._polling.once()
        async with self._database.transaction() as session:
            await sql.close_overtaken(session, self._wait)

    async def _open_overdue(self) -> None:
        found = _MOST
        while found == _MOST:
            async with self._database.transaction() as session:
                rows = await sql.overdue(session, _MOST)
            found = len(rows)
            await self._settle([(row.delivery_id, self._ended(row)) for row in rows])

    def _ended(self, row: Overdue) -> Move:
        """Where the provider asks before it lets go, what never asked did not go, and its sender may not any more."""
        if self._provider.asks_permit and not row.permitted and row.lost < _LOST:
            now, why = self._clock.now(), NEVER_LET_GO
            return Move(Happening.NOT_SENT, "reconciler", row.gen, reason=why, not_before=now, unless_permitted=True)
        return Move(Happening.LOST_SIGHT, "reconciler", row.gen, reason="no outcome")

    async def _look(self) -> None:
        settings = self._settings
        async with self._database.transaction() as session:
            ripe = await sql.ripe(session, settings.channel, settings.in_doubt_policy, self._wait, _MOST)
        for start in range(0, len(ripe), _TOGETHER):
            some = ripe[start : start + _TOGETHER]
            answers = await asyncio.gather(*(self._find(doubt) for doubt in some))
            await self._decide([(doubt, found) for doubt, found in zip(some, answers, strict=True)])

    async def _find(self, doubt: Doubt) -> Found | None:
        """None: the list cannot be had now. No connection is held while the provider is asked."""
        if doubt.address is None:
            return Found(conclusive=False)
        lookup = Lookup(
            delivery_id=doubt.delivery_id,
            gen=doubt.gen,
            to=doubt.address,
            sender=doubt.sender,
            since=doubt.since,
            until=doubt.until,
            mark=doubt.mark,
            secret=self._secret,
        )
        await self._turn()
        try:
            return await self._provider.find(lookup)
        except Unavailable as error:
            log.warning("the provider's list cannot be had", error=str(error))
            return None

    async def _turn(self) -> None:
        """Wait for a token of the lookups' own rate."""
        while isinstance(taken := await self._pace.take(1), float):
            await asyncio.sleep(min(taken, 1.0))

    async def _decide(self, looked: Sequence[tuple[Doubt, Found | None]]) -> None:
        ours = await self._ours(looked)
        moves: list[tuple[UUID, Move]] = []
        again: list[tuple[Doubt, bool]] = []
        for doubt, found in looked:
            decision = decide(doubt, found, ours, self._settings.max_attempts) if found else LookAgain(negative=False)
            if isinstance(decision, LookAgain):
                again.append((doubt, decision.negative))
            else:
                moves.append((doubt.delivery_id, self._move(doubt, decision)))
        if again:
            async with self._database.transaction() as session:
                await sql.looked(session, again, timedelta(seconds=self._settings.look_gap_seconds))
        await self._settle(moves)

    async def _ours(self, looked: Sequence[tuple[Doubt, Found | None]]) -> Ours:
        founds = [found for _, found in looked if found]
        strangers = [stranger for found in founds for stranger in found.strangers]
        listed = {one.reference for one in strangers} | {one.reference for found in founds for one in found.messages}
        marks = {doubt.mark for doubt, _ in looked} | {mark for stranger in strangers for mark in stranger.marks}
        async with self._database.transaction() as session:
            return await sql.ours(session, listed, marks, self._wait)

    def _move(self, doubt: Doubt, decision: Decision) -> Move:
        match decision:
            case Bind(seen, extra):
                self._alarm(doubt, extra)
                return Move(
                    HAPPENINGS.get(seen.status, Happening.TOOK),
                    "list",
                    doubt.gen,
                    seen.reference,
                    code=seen.code,
                    address_bad=seen.address_bad,
                    parts=seen.parts,
                    encoding=seen.encoding,
                )
            case Resend():
                return Move(Happening.NOT_FOUND, "list", doubt.gen, not_before=self._clock.now())
            case Hold(why):
                return Move(Happening.GIVEN_TO_A_PERSON, "list", doubt.gen, reason=why)
            case LookAgain():
                raise AssertionError("a look is no move")

    def _alarm(self, doubt: Doubt, extra: int) -> None:
        if extra:
            self._counts.duplicates.inc(extra)
            log.error("the provider holds a delivery more than once", delivery_id=str(doubt.delivery_id), extra=extra)

    async def _settle(self, moves: Sequence[tuple[UUID, Move]]) -> None:
        if not moves:
            return
        async with self._database.transaction() as session:
            done = await self._ledger.apply(session, moves, self._clock.now())
        self._counts.applied(done)
        self._wakeups.unpublished.set()
        self._wakeups.due.set()
