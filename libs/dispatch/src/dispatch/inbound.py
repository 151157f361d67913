"""What members send back: answers, STOP and START, links that unsubscribe."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis import outbox
from chassis.clock import Clock
from chassis.database import Database
from chassis.failpoints import reach
from chassis.outbox import Outgoing
from contracts import topics
from contracts.keywords import intent_of
from contracts.replies import ReplyReceived
from contracts.vocabulary import Intent
from dispatch.optouts import OptOut, OptOuts, key_of
from dispatch.repository import ledger, replies, suppressions
from dispatch.settings import DispatchSettings
from sqlmodel.ext.asyncio.session import AsyncSession


@dataclass(frozen=True, slots=True)
class InboundText:
    """A text from a member. `reference` is the provider's, so that a repeat is known as one."""

    sender_address: str
    our_address: str
    text: str
    reference: str
    intent: Intent | None = None
    """What the provider itself took it for, where it did: its word counts, for it has acted on it already."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What a text was taken for. `language` is the member's, if one is known there."""

    intent: Intent
    reply_id: UUID
    repeated: bool
    language: str


class Inbound:
    """The service behind a channel's inbound webhook and its unsubscribe page."""

    def __init__(self, settings: DispatchSettings, database: Database, clock: Clock) -> None:
        self._settings, self._database, self._clock = settings, database, clock
        self._optouts = OptOuts(settings)

    async def hear(self, inbound: InboundText) -> Heard:
        """A STOP is in force once this returns; the reply goes out through the outbox. Raises Unavailable."""
        settings, now = self._settings, self._clock.now()
        intent = inbound.intent or intent_of(inbound.text, provider_keywords=settings.provider_keywords)
        hashed = settings.hash_address(settings.channel, inbound.sender_address)
        reply_id = settings.ids.event("reply", settings.channel, inbound.reference)
        async with self._database.transaction() as session:
            there = await suppressions.members_at(session, [hashed], locked=intent in {Intent.STOP, Intent.START})
            language = there[0][1] if there else ""
            if not await replies.note(session, reply_id, now):
                return Heard(intent, reply_id, True, language)
            await _heed(session, intent, hashed, now)
            ask = await suppressions.open_ask(session, hashed, inbound.our_address, now)
            members = tuple(member for member, _ in there)
            only = members[0] if len(members) == 1 else None
            event = ReplyReceived(
                reply_id=reply_id,
                channel=settings.channel,
                address_hash=hashed,
                member_id=ask.member_id if ask else only,
                members_at_address=members,
                text=inbound.text,
                intent=intent,
                delivery_id=ask.delivery_id if ask else None,
                campaign_id=ask.campaign_id if ask else None,
                step=ask.step if ask else None,
                poll_id=ask.poll_id if ask else None,
                test=ask.test if ask else False,
                received_at=now,
            )
            said = Outgoing(topics.REPLIES, key_of(event), event, reply_id, now)
            await outbox.put(session, settings.service, [said])
            reach("reply.before-commit")
        reach("reply.after-commit")
        spoke = dict(there).get(event.member_id) if event.member_id else None
        return Heard(intent, reply_id, False, spoke or language)

    async def unsubscribe(self, delivery_id: UUID, source: str) -> bool:
        """Suppress the address that a delivery went to, and say so once a day (mail servers repeat the POST, and a
        member who has consented again may click again). False: no such delivery."""
        now = self._clock.now()
        async with self._database.transaction() as session:
            found = await replies.delivery(session, delivery_id)
            if found is None or found.address_hash is None:
                return False
            opt_out = OptOut(
                found.address_hash,
                ("unsubscribe", delivery_id, now.date()),
                member_id=found.member_id,
                delivery_id=found.delivery_id,
                campaign_id=found.campaign_id,
                step=found.step,
            )
            await self._optouts.take(session, [opt_out], source, now)
        return True

    async def suppress(self, address: str, source: str) -> None:
        """An opt-out that reached us some other way, such as on an operator's word; said once a day."""
        hashed, now = self._hash(address), self._clock.now()
        async with self._database.transaction() as session:
            await self._optouts.take(session, [OptOut(hashed, (source, hashed, now.date()))], source, now)

    async def trust(self, address: str) -> bool:
        """An address that was called bad is good again. False: it was not called bad."""
        async with self._database.transaction() as session:
            return await ledger.unmark_bad(session, [self._hash(address)]) > 0

    def _hash(self, address: str) -> str:
        return self._settings.hash_address(self._settings.channel, address)


async def _heed(session: AsyncSession, intent: Intent, hashed: str, now: datetime) -> None:
    match intent:
        case Intent.STOP:
            await suppressions.suppress(session, [hashed], now, "keyword")
        case Intent.START:
            await suppressions.lift(session, hashed, now)
        case _:
            return
