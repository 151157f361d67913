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
from dispatch.settlement.lookup import Bind, Doubt, Hold, LookAgain, Ours, Resend, decide
from dispatch.settlement.receipt_polls import ReceiptPolls
from dispatch.settlement.receipts import move_of
from dispatch.settlement.sql import NEVER_LET_GO, Overdue

log = get(__name__)
_MOST = 200
_TOGETHER = 10
_LOST = 8
"""A message that was being sent when its process died so often may be the cause: a person looks."""


class Reconciler:
    """Every write is fenced by the generation it looked at."""

    def __init__(
        self,
        settings: DispatchSettings,
        provider: Provider,
        database: Database,
        clock: Clock,
        ledger: Ledger,
        metrics: DispatchMetrics,
    ) -> None:
        self._settings, self._provider, self._database, self._clock = settings, provider, database, clock
        self._ledger, self._metrics = ledger, metrics
        self._secret = settings.address_secret.get_secret_value().encode()
        self._wait = timedelta(seconds=settings.doubt_seconds)
        self._pace = Pace(database, f"{settings.channel} lookups", settings.looks_per_second)
        self._polls = ReceiptPolls(settings, provider, database, self._pace, ledger)

    @property
    def task(self) -> Periodic:
        """Reconciles in one replica at a time."""
        return Periodic("reconciler", self.once, every=self._settings.look_every_seconds, leader=self._database)

    async def once(self) -> None:
        """One round: what is overdue becomes in doubt, what is ripe is looked up, what is late is asked for."""
        await self._open_overdue()
        await self._look()
        await self._polls.once()
        async with self._database.transaction() as session:
            await sql.close_overtaken(session, self._wait)

    async def _open_overdue(self) -> None:
        found = _MOST
        while found == _MOST:
            async with self._database.transaction() as session:
                rows = await sql.overdue(session, _MOST)
            found = len(rows)
            await self._ledger.write([(row.delivery_id, self._ended(row)) for row in rows])

    def _ended(self, row: Overdue) -> Move:
        """Where the provider asks for a permit, an attempt that never asked was not sent, and may not be any more."""
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
            await self._decide(list(zip(some, answers, strict=True)))

    async def _find(self, doubt: Doubt) -> Found | None:
        """None: the list cannot be had now. No connection is held while the provider is asked."""
        if doubt.address is None:
            return Found(conclusive=False)
        attempt = (doubt.delivery_id, doubt.gen, doubt.address, doubt.sender)
        lookup = Lookup(*attempt, since=doubt.since, until=doubt.until, mark=doubt.mark, secret=self._secret)
        await self._pace.wait_for_one()
        try:
            return await self._provider.find(lookup)
        except Unavailable as error:
            log.warning("the provider's list cannot be had", error=str(error))
            return None

    async def _decide(self, looked: Sequence[tuple[Doubt, Found | None]]) -> None:
        ours = await self._ours(looked)
        moves: list[tuple[UUID, Move]] = []
        again: list[tuple[Doubt, bool]] = []
        for doubt, found in looked:
            match decide(doubt, found, ours, self._settings.max_attempts) if found else LookAgain(negative=False):
                case LookAgain(negative):
                    again.append((doubt, negative))
                case decision:
                    moves.append((doubt.delivery_id, self._move(doubt, decision)))
        if again:
            async with self._database.transaction() as session:
                await sql.looked(session, again, timedelta(seconds=self._settings.look_gap_seconds))
        await self._ledger.write(moves)

    async def _ours(self, looked: Sequence[tuple[Doubt, Found | None]]) -> Ours:
        founds = [found for _, found in looked if found]
        strangers = [stranger for found in founds for stranger in found.strangers]
        listed = {one.reference for one in strangers} | {one.reference for found in founds for one in found.messages}
        marks = {doubt.mark for doubt, _ in looked} | {mark for stranger in strangers for mark in stranger.marks}
        async with self._database.transaction() as session:
            return await sql.ours(session, listed, marks, self._wait)

    def _move(self, doubt: Doubt, decision: Bind | Resend | Hold) -> Move:
        match decision:
            case Bind(seen, extra):
                self._report_duplicates(doubt, extra)
                return move_of(seen, "list", doubt.gen)
            case Resend():
                return Move(Happening.NOT_FOUND, "list", doubt.gen, not_before=self._clock.now())
            case Hold(why):
                return Move(Happening.GIVEN_TO_A_PERSON, "list", doubt.gen, reason=why)

    def _report_duplicates(self, doubt: Doubt, extra: int) -> None:
        if extra:
            self._metrics.duplicates.inc(extra)
            log.error("the provider holds a delivery more than once", delivery_id=str(doubt.delivery_id), extra=extra)
