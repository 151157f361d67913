"""An opt-out that came some other way than as a text: a link, a complaint, an operator, the provider itself.

It is in force and said on `replies` by one transaction, as a STOP is: members and the segmenter learn of it, and so
does this dispatcher itself after its database was restored.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.kafka import outbox
from chassis.kafka.outbox import Outgoing
from contracts import topics
from contracts.enums import Intent
from contracts.events.replies import ReplyReceived
from dispatch.inbound import replies_sql, suppression_sql
from dispatch.inbound.suppression_sql import Resident
from dispatch.settings import DispatchSettings
from sqlmodel.ext.asyncio.session import AsyncSession


@dataclass(frozen=True, slots=True)
class Suppression:
    """Whose, and by which message if one. `said_once` names what is said only once, such as a link and a day."""

    address_hash: str
    said_once: tuple[object, ...]
    member_id: UUID | None = None
    delivery_id: UUID | None = None
    campaign_id: UUID | None = None
    step: int | None = None


class Suppressions:
    """Within the caller's transaction."""

    def __init__(self, settings: DispatchSettings) -> None:
        self._settings = settings

    async def take(self, session: AsyncSession, wanted: Sequence[Suppression], source: str, now: datetime) -> None:
        """Suppress the addresses and say so. `source` is a word of ours for the count."""
        settings, hashes = self._settings, [item.address_hash for item in wanted]
        there = await suppression_sql.members_at(session, hashes, locked=True)
        await suppression_sql.suppress(session, hashes, now, source)
        by_id = {settings.ids.event("reply", settings.channel, *item.said_once): item for item in wanted}
        fresh = await replies_sql.note_all(session, list(by_id), now)
        events = [self._event(reply_id, by_id[reply_id], there, now) for reply_id in fresh]
        if events:
            said = [Outgoing(topics.REPLIES, key_of(event), event, event.reply_id, now) for event in events]
            await outbox.put(session, settings.service, said)

    def _event(
        self, reply_id: UUID, item: Suppression, there: dict[str, list[Resident]], now: datetime
    ) -> ReplyReceived:
        members = tuple(member for member, _ in there.get(item.address_hash, ()))
        return ReplyReceived(
            reply_id=reply_id,
            channel=self._settings.channel,
            address_hash=item.address_hash,
            member_id=item.member_id or (members[0] if len(members) == 1 else None),
            members_at_address=members,
            text="",
            intent=Intent.STOP,
            delivery_id=item.delivery_id,
            campaign_id=item.campaign_id,
            step=item.step,
            received_at=now,
        )


def key_of(event: ReplyReceived) -> str:
    """The key on `replies`."""
    return str(event.member_id) if event.member_id else event.address_hash
