"""Replies of members, as far as they concern consent: STOP withdraws, START restores."""

from collections.abc import Iterable
from dataclasses import replace
from uuid import UUID

from chassis.db.database import Database
from chassis.kafka.batch import Batch
from contracts.enums import Intent
from contracts.events.replies import ReplyReceived
from members.domain.members.keyword_replies import after_reply
from members.domain.members.member import Member
from members.repository import address_stops, locks, units
from members.repository import members as repository
from members.service.change_writer import Change, ChangeWriter, Occurrence
from members.settings import Settings


class Replies:
    """Handles STOP and START."""

    def __init__(self, database: Database, writer: ChangeWriter, settings: Settings) -> None:
        self._database, self._writer, self._settings = database, writer, settings

    async def handle(self, batch: Batch) -> None:
        """Change the consents of everybody at the address; the same reply again changes nothing.

        A reply is about an address; it may come from a provider or an operator who knows no member. It concerns
        everybody who has the address now, by its hash, and those whom the dispatcher knew at it. Replies are applied in
        the order in which they were received: those about one address may lie in two partitions.
        """
        replies = [item.event for item in batch.events if isinstance(item.event, ReplyReceived)]
        replies = [reply for reply in replies if reply.intent in (Intent.STOP, Intent.START)]
        replies.sort(key=lambda reply: reply.received_at)
        async with self._database.transaction() as session:
            await batch.store(session)
            if not replies:
                return
            await address_stops.note(session, replies)
            await locks.lock_members(session)
            here = await repository.at_addresses(session, {reply.address_hash for reply in replies})
            concerned = [
                {*reply.members_at_address, *here.get(reply.address_hash, ()), *filter(None, [reply.member_id])}
                for reply in replies
            ]
            known = await repository.load(session, set().union(*concerned))
            changes = self._changes(known, zip(replies, concerned, strict=True))
            tree = await units.tree_of(session, {body for change in changes for body in change.after.bodies})
            await self._writer.write(session, tree, changes)

    def _changes(self, known: dict[UUID, Member], replies: Iterable[tuple[ReplyReceived, set[UUID]]]) -> list[Change]:
        """One change a member, with what happened by each reply that changed something."""
        members = dict(known)
        occurrences: dict[UUID, list[Occurrence]] = {}
        for reply, concerned in replies:
            for member_id in sorted(concerned & known.keys()):
                log = members[member_id].evidence
                evidence = after_reply(log, reply, member_id, self._settings.ids)
                if evidence != log:
                    members[member_id] = replace(members[member_id], evidence=evidence)
                    occurrences.setdefault(member_id, []).append((f"{reply.intent} heard", _detail(reply)))
        return [Change(known[member_id], members[member_id], happened) for member_id, happened in occurrences.items()]


def _detail(reply: ReplyReceived) -> dict[str, object]:
    return {
        "reply_id": str(reply.reply_id),
        "channel": reply.channel,
        "received_at": reply.received_at.isoformat(),
        "delivery_id": str(reply.delivery_id) if reply.delivery_id else None,
        "campaign_id": str(reply.campaign_id) if reply.campaign_id else None,
    }
