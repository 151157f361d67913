"""Keeps the dispatcher's own copy of members, campaigns and participation up to date."""

from collections.abc import Collection, Sequence
from uuid import UUID

from chassis.clock import Clock
from chassis.db.database import Database
from chassis.kafka.batch import Batch
from contracts.ballots import ParticipationRecorded
from contracts.campaigns import CampaignCancelled, CampaignEvent, SendingStopped
from contracts.enums import ENDS_THE_ASKING, CampaignState, Intent
from contracts.event import Event
from contracts.members import MemberChanged, MemberErased
from contracts.replies import ReplyReceived
from dispatch.erasure.erasure import Erasure
from dispatch.inbound import suppression_sql
from dispatch.ledger import bulk_skip, parking
from dispatch.projection import sql
from dispatch.projection.contact import contact_of
from dispatch.restore.recovery import RestoreRecovery
from dispatch.settings import DispatchSettings
from dispatch.wakeups import Wakeups
from sqlmodel.ext.asyncio.session import AsyncSession

_MOST = 5000


class Projection:
    """The service behind what a dispatcher hears of the others."""

    def __init__(
        self,
        settings: DispatchSettings,
        database: Database,
        clock: Clock,
        wakeups: Wakeups,
        *,
        erasure: Erasure,
        recovery: RestoreRecovery,
    ) -> None:
        self._settings, self._database, self._clock, self._wakeups = settings, database, clock, wakeups
        self._erasure, self._recovery = erasure, recovery

    async def members(self, batch: Batch) -> None:
        """Remember the newest snapshot of each member, forget the erased, and stop what waits for them."""
        erasures = [item.event for item in batch.events if isinstance(item.event, MemberErased)]
        gone = {event.member_id: event for event in sorted(erasures, key=lambda event: event.version)}
        newest = _newest([item.event for item in batch.events], gone)
        hash_address, channel = self._settings.hash_address, self._settings.channel
        async with self._database.transaction() as session:
            if newest:
                await sql.remember(session, [contact_of(member, channel, hash_address) for member in newest])
            if gone:
                await sql.forget(session, list(gone.values()))
                await bulk_skip.skip_erased(session, sorted(gone), self._settings.ids, channel)
            await batch.store(session)
        if gone:
            self._wakeups.unpublished.set()
            await self._erasure.untie(sorted(gone))

    async def campaigns(self, batch: Batch) -> None:
        """Store the newest snapshot; what waited for a campaign, a resumption or a lifted stop becomes due, and what is
        due of a campaign that is paused is put aside."""
        woken: list[tuple[tuple[str, ...], UUID | None]] = []
        async with self._database.transaction() as session:
            for item in batch.events:
                match item.event:
                    case CampaignEvent() as campaign:
                        if await self._store(session, campaign):
                            woken.append((("campaign", "paused"), campaign.campaign_id))
                    case SendingStopped() as stop:
                        if await sql.store_stop(session, stop) and not stop.stopped:
                            woken.append((("stopped",), None))
            await batch.store(session)
        for why, campaign_id in woken:
            await self._wake(why, campaign_id)
        if any(isinstance(item.event, CampaignEvent) and _is_paused(item.event) for item in batch.events):
            await self._park()
        if any(isinstance(item.event, CampaignCancelled) for item in batch.events):
            await self._skip_cancelled()

    async def _store(self, session: AsyncSession, campaign: CampaignEvent) -> bool:
        """Whether rows that wait for it may now be due."""
        stored = await sql.store_campaign(session, campaign)
        return stored and not _is_paused(campaign)

    async def _skip_cancelled(self) -> None:
        """Left to maintenance while it is not known yet whether the database was restored."""
        skipped = _MOST if self._recovery.known.is_set() else 0
        while skipped == _MOST:
            async with self._database.transaction() as session:
                skipped = await bulk_skip.skip_cancelled(session, _MOST)
            self._wakeups.unpublished.set()

    async def _park(self) -> None:
        parked = _MOST
        while parked == _MOST:
            async with self._database.transaction() as session:
                parked = await parking.park(session, self._clock.now(), _MOST)

    async def _wake(self, why: tuple[str, ...], campaign_id: UUID | None) -> None:
        woken = _MOST
        while woken == _MOST:
            async with self._database.transaction() as session:
                woken = await parking.wake(session, self._clock.now(), why, campaign_id, _MOST)
            self._wakeups.due.set()

    async def participation(self, batch: Batch) -> None:
        """The latest word of each member on each poll: it ends the asking, or lets it go on. What somebody chose never
        travels."""
        effects = {
            (item.event.member_id, item.event.ballot_id): item.event.effect
            for item in batch.events
            if isinstance(item.event, ParticipationRecorded)
        }
        ended = sorted(pair for pair, effect in effects.items() if effect in ENDS_THE_ASKING)
        async with self._database.transaction() as session:
            if ended:
                await sql.store_participation(session, ended)
            if len(ended) < len(effects):
                await sql.drop_participation(session, sorted(effects.keys() - set(ended)))
            await batch.store(session)

    async def replies(self, batch: Batch) -> None:
        """Our own STOPs and STARTs come back to us. They are known here already, unless the database was restored from
        a backup: then it goes on from where the backup was, before anything is claimed."""
        said = [item.event for item in batch.events if isinstance(item.event, ReplyReceived)]
        ours = sorted(
            (reply for reply in said if reply.channel == self._settings.channel), key=lambda reply: reply.received_at
        )
        async with self._database.transaction() as session:
            for reply in ours:
                if reply.intent == Intent.STOP:
                    await suppression_sql.stop_again(session, reply.address_hash, reply.received_at)
                elif reply.intent == Intent.START:
                    await suppression_sql.lift(session, reply.address_hash, reply.received_at)
            await batch.store(session)


def _is_paused(campaign: CampaignEvent) -> bool:
    return campaign.state == CampaignState.PAUSED


def _newest(events: Sequence[Event], gone: Collection[UUID]) -> list[MemberChanged]:
    newest: dict[UUID, MemberChanged] = {}
    for event in events:
        if isinstance(event, MemberChanged) and event.member_id not in gone:
            held = newest.get(event.member_id)
            if held is None or held.version < event.version:
                newest[event.member_id] = event
    return list(newest.values())
