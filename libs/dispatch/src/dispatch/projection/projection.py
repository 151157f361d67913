"""Keeps the dispatcher's projections of members, campaigns and participation up to date."""

from uuid import UUID

from chassis.clock import Clock
from chassis.db.database import Database
from chassis.kafka.batch import Batch
from contracts.enums import ENDS_THE_ASKING, CampaignState, Intent
from contracts.events.ballots import ParticipationRecorded
from contracts.events.campaigns import CampaignCancelled, CampaignEvent, SendingStopped
from contracts.events.members import MemberChanged, MemberErased
from contracts.events.replies import ReplyReceived
from dispatch.erasure.erasure import Erasure
from dispatch.inbound import suppression_sql
from dispatch.ledger import bulk_skip, parking
from dispatch.ledger.batches import in_batches
from dispatch.projection import sql
from dispatch.projection.contact import contact_of
from dispatch.restore.recovery import RestoreRecovery
from dispatch.settings import DispatchSettings
from dispatch.wakeups import Wakeups


class Projection:
    """The handlers of the topics that other services write, and of our own replies."""

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
        changes = [item.event for item in batch.events if isinstance(item.event, MemberChanged)]
        newest = {event.member_id: event for event in sorted(changes, key=lambda event: event.version)}
        hash_address, channel = self._settings.hash_address, self._settings.channel
        async with self._database.transaction() as session:
            if kept := [member for member_id, member in newest.items() if member_id not in gone]:
                await sql.remember(session, [contact_of(member, channel, hash_address) for member in kept])
            if gone:
                await sql.forget(session, list(gone.values()))
                await bulk_skip.skip_erased(session, sorted(gone), self._settings.ids, channel)
            await batch.store(session)
        if gone:
            self._wakeups.unpublished.set()
            await self._erasure.untie(sorted(gone))

    async def campaigns(self, batch: Batch) -> None:
        """Store the newest snapshot; what waited for a campaign, a resumption or a lifted stop becomes due, and what is
        due of a paused campaign is parked."""
        woken: list[tuple[tuple[str, ...], UUID | None]] = []
        async with self._database.transaction() as session:
            for item in batch.events:
                match item.event:
                    case CampaignEvent() as campaign:
                        if await sql.store_campaign(session, campaign) and not _is_paused(campaign):
                            woken.append((("campaign", "paused"), campaign.campaign_id))
                    case SendingStopped() as stop:
                        if await sql.store_stop(session, stop) and not stop.stopped:
                            woken.append((("stopped",), None))
            await batch.store(session)
        for why, campaign_id in woken:
            await self._wake(why, campaign_id)
        events = [item.event for item in batch.events]
        if any(isinstance(event, CampaignEvent) and _is_paused(event) for event in events):
            await in_batches(self._database, lambda session, most: parking.park(session, self._clock.now(), most))
        # Left to maintenance while it is not known yet whether the database was restored.
        if any(isinstance(event, CampaignCancelled) for event in events) and self._recovery.known.is_set():
            await in_batches(self._database, bulk_skip.skip_cancelled, self._wakeups.unpublished)

    async def _wake(self, why: tuple[str, ...], campaign_id: UUID | None) -> None:
        await in_batches(
            self._database,
            lambda session, most: parking.wake(session, self._clock.now(), why, campaign_id, most),
            self._wakeups.due,
        )

    async def participation(self, batch: Batch) -> None:
        """The latest participation of each member in each poll: it ends the asking, or lets it go on. What a member
        chose is never on the topic."""
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
        """Our own STOPs and STARTs. They are stored already, unless the database was restored from a backup: then they
        are read from where the backup was, before anything is claimed."""
        replies = [item.event for item in batch.events if isinstance(item.event, ReplyReceived)]
        ours = [reply for reply in replies if reply.channel == self._settings.channel]
        async with self._database.transaction() as session:
            for reply in sorted(ours, key=lambda reply: reply.received_at):
                if reply.intent == Intent.STOP:
                    await suppression_sql.stop_again(session, reply.address_hash, reply.received_at)
                elif reply.intent == Intent.START:
                    await suppression_sql.lift(session, reply.address_hash, reply.received_at)
            await batch.store(session)


def _is_paused(campaign: CampaignEvent) -> bool:
    return campaign.state == CampaignState.PAUSED
