"""What members send back: answers, STOP and START, links that unsubscribe."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.clock import Clock
from chassis.db.database import Database
from chassis.db.group_commit import GroupCommit
from chassis.failpoints import reach
from chassis.kafka import outbox
from chassis.kafka.outbox import Outgoing
from contracts import topics
from contracts.enums import Intent
from contracts.events.replies import ReplyReceived
from contracts.keywords import intent_of
from dispatch.inbound import bad_addresses, replies_sql, suppression_sql
from dispatch.inbound.suppression import Suppression, Suppressions, key_of
from dispatch.inbound.suppression_sql import Ask, Resident
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
class TakenReply:
    """What a text was taken for. `language` is the member's, if one is known there."""

    intent: Intent
    reply_id: UUID
    repeated: bool
    language: str


_LOCKING = frozenset({Intent.STOP, Intent.START})
_TOGETHER = 200


@dataclass(slots=True)
class _Text:
    """A text, for what it was taken and when it came; and what became of it."""

    inbound: InboundText
    intent: Intent
    hashed: str
    reply_id: UUID
    at: datetime
    heard: TakenReply | None = None


class Inbound:
    """The service behind a channel's inbound webhook and its unsubscribe page."""

    def __init__(self, settings: DispatchSettings, database: Database, clock: Clock) -> None:
        self._settings, self._database, self._clock = settings, database, clock
        self._suppressions = Suppressions(settings)
        self._batcher: GroupCommit[_Text] = GroupCommit(self._write, most=_TOGETHER)

    async def hear(self, inbound: InboundText) -> TakenReply:
        """A STOP is in force once this returns; the reply goes out through the outbox. Raises Unavailable.

        Answers that come together share a transaction; what opens or shuts an address has its own, for its locks.
        """
        text = self._taken(inbound)
        if text.intent in _LOCKING:
            await self._write([text])
        else:
            await self._batcher.put(text)
        assert text.heard is not None
        return text.heard

    def _taken(self, inbound: InboundText) -> _Text:
        settings = self._settings
        intent = inbound.intent or intent_of(inbound.text, provider_keywords=settings.provider_keywords)
        reply_id = settings.ids.event("reply", settings.channel, inbound.reference)
        return _Text(inbound, intent, self._hash(inbound.sender_address), reply_id, self._clock.now())

    async def _write(self, texts: Sequence[_Text]) -> None:
        async with self._database.transaction() as session:
            locked = any(text.intent in _LOCKING for text in texts)
            there = await suppression_sql.members_at(session, [text.hashed for text in texts], locked=locked)
            fresh = set(await replies_sql.note_all(session, list({text.reply_id for text in texts}), self._clock.now()))
            new = list({text.reply_id: text for text in reversed(texts) if text.reply_id in fresh}.values())[::-1]
            for text in new:
                await _heed(session, text)
            places = [(text.hashed, text.inbound.our_address, text.at) for text in new]
            asks = await suppression_sql.open_asks(session, places)
            told = [self._said(text, there.get(text.hashed, []), asks.get(place)) for place, text in enumerate(new)]
            outgoing = [Outgoing(topics.REPLIES, key_of(said), said, said.reply_id, said.received_at) for said in told]
            await outbox.put(session, self._settings.service, outgoing)
            reach("reply.before-commit")
        reach("reply.after-commit")
        by_id = {said.reply_id: said for said in told}
        for text in texts:
            text.heard = _heard(text, there.get(text.hashed, []), by_id.pop(text.reply_id, None))

    def _said(self, text: _Text, there: Sequence[Resident], ask: Ask | None) -> ReplyReceived:
        members = tuple(member for member, _ in there)
        return ReplyReceived(
            reply_id=text.reply_id,
            channel=self._settings.channel,
            address_hash=text.hashed,
            member_id=ask.member_id if ask else members[0] if len(members) == 1 else None,
            members_at_address=members,
            text=text.inbound.text,
            intent=text.intent,
            delivery_id=ask.delivery_id if ask else None,
            campaign_id=ask.campaign_id if ask else None,
            step=ask.step if ask else None,
            poll_id=ask.poll_id if ask else None,
            test=ask.test if ask else False,
            received_at=text.at,
        )

    async def unsubscribe(self, delivery_id: UUID, source: str) -> bool:
        """Suppress the address that a delivery went to, and say so once a day (mail servers repeat the POST, and a
        member who has consented again may click again). False: no such delivery."""
        now = self._clock.now()
        async with self._database.transaction() as session:
            found = await replies_sql.delivery(session, delivery_id)
            if found is None or found.address_hash is None:
                return False
            opt_out = Suppression(
                found.address_hash,
                ("unsubscribe", delivery_id, now.date()),
                member_id=found.member_id,
                delivery_id=found.delivery_id,
                campaign_id=found.campaign_id,
                step=found.step,
            )
            await self._suppressions.take(session, [opt_out], source, now)
        return True

    async def suppress(self, address: str, source: str) -> None:
        """An opt-out that reached us some other way, such as on an operator's word; said once a day."""
        hashed, now = self._hash(address), self._clock.now()
        async with self._database.transaction() as session:
            await self._suppressions.take(session, [Suppression(hashed, (source, hashed, now.date()))], source, now)

    async def trust(self, address: str) -> bool:
        """An address that was called bad is good again. False: it was not called bad."""
        async with self._database.transaction() as session:
            return await bad_addresses.unmark(session, [self._hash(address)]) > 0

    def _hash(self, address: str) -> str:
        return self._settings.hash_address(self._settings.channel, address)


async def _heed(session: AsyncSession, text: _Text) -> None:
    match text.intent:
        case Intent.STOP:
            await suppression_sql.suppress(session, [text.hashed], text.at, "keyword")
        case Intent.START:
            await suppression_sql.lift(session, text.hashed, text.at)
        case _:
            return


def _heard(text: _Text, there: Sequence[Resident], said: ReplyReceived | None) -> TakenReply:
    language = there[0][1] if there else ""
    if said is not None and said.member_id is not None:
        language = dict(there).get(said.member_id) or language
    return TakenReply(text.intent, text.reply_id, said is None, language)
