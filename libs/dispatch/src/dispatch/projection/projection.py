"""Keeps the dispatcher's projections of members, campaigns and participation up to date."""

from uuid import UUID

from chassis.clock import Clock
from chassis.db.database import Database
from chassis.kafka.batch import Batch
from contracts.enums import ENDS_THE_ASKING, Effect, Intent
from contracts.event import KeyRemoved
from contracts.events.ballots import ParticipationRecorded
from contracts.events.campaigns import CampaignEvent, SendingStopped
from contracts.events.members import MemberChanged, MemberErased
from contracts.events.replies import ReplyReceived
from dispatch.brake.stops import store_published
from dispatch.erasure.erasure import Erasure
from dispatch.inbound import address_holds_sql, replies_sql, suppression_sql
from dispatch.ledger import bulk_skip
from dispatch.projection import sql
from dispatch.projection.contact import contact_of
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
    ) -> None:
        self._settings, self._database, self._clock, self._wakeups = settings, database, clock, wakeups
        self._erasure = erasure

    async def members(self, batch: Batch) -> None:
        """Remember the newest snapshot of each member, forget the erased, and stop what waits for them."""
        erasures = [item.event for item in batch.events if isinstance(item.event, MemberErased)]
        gone = {event.member_id: event for event in sorted(erasures, key=lambda event: event.version)}
        changes = [item.event for item in batch.events if isinstance(item.event, MemberChanged)]
        newest = {event.member_id: event for event in sorted(changes, key=lambda event: event.version)}
        async with self._database.transaction() as session:
            if kept := [member for member_id, member in newest.items() if member_id not in gone]:
                hash_address, channel = self._settings.hash_address, self._settings.channel
                await sql.remember(session, [contact_of(member, channel, hash_address) for member in kept])
            if gone:
                await sql.forget(session, list(gone.values()))
                await bulk_skip.skip_erased(session, sorted(gone))
            await batch.store(session)
        if gone:
            self._wakeups.unpublished.set()
            await self._erasure.untie(sorted(gone))

    async def campaigns(self, batch: Batch) -> None:
        """Store the newest snapshots and stops, and remove what was removed, nothing more: the next batch may hold a
        stop."""
        async with self._database.transaction() as session:
            for item in batch.events:
                match item.event:
                    case CampaignEvent() as campaign:
                        await sql.store_campaign(session, campaign, self._senders(campaign))
                    case SendingStopped() as stop:
                        await store_published(session, stop)
                    case KeyRemoved(ids=(campaign_id,)):
                        await sql.remove_campaign(session, campaign_id)
            await batch.store(session)
        self._wakeups.campaigns.set()
        self._wakeups.due.set()

    def _senders(self, campaign: CampaignEvent) -> dict[str, str]:
        """By body; '' for everybody else's."""
        key, channel = self._settings.sender_key, self._settings.channel
        ours = {sender.body or "": key(sender.address) for sender in campaign.senders if sender.channel == channel}
        return {"": key("")} | ours

    async def participation(self, batch: Batch) -> None:
        """The latest participation of each member in each poll: it ends the asking, or lets it go on. What a member
        chose is never on the topic."""
        effects: dict[tuple[UUID, UUID], str] = {}
        for item in batch.events:
            match item.event:
                case ParticipationRecorded(member_id=member, ballot_id=ballot, effect=effect):
                    effects[member, ballot] = effect
                case KeyRemoved(ids=(ballot, member)):
                    effects[member, ballot] = Effect.NONE
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
                elif reply.intent == Intent.UNCLEAR_STOP and await replies_sql.note_all(
                    session, [reply.reply_id], reply.received_at
                ):
                    at, words = reply.received_at, reply.text
                    await address_holds_sql.hold(session, reply.address_hash, reply.reply_id, at, words)
            await batch.store(session)
