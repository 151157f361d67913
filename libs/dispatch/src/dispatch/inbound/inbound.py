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
from contracts.events.replies import OpenAsk, ReplyReceived
from contracts.keywords import intent_of
from dispatch.inbound import address_holds_sql, bad_addresses, replies_sql, suppression_sql
from dispatch.inbound.keyword_order import LISTED, Keyword, ruling, waits_for_the_list
from dispatch.inbound.suppression import Suppression, Suppressions, key_of
from dispatch.inbound.suppression_sql import Resident
from dispatch.settings import DispatchSettings
from sqlmodel.ext.asyncio.session import AsyncSession


@dataclass(frozen=True, slots=True)
class InboundText:
    """A text from a member. `reference` is the provider's, so that a repeat is known as one."""

    sender_address: str
    our_address: str
    text: str
    reference: str
    media: int = 0
    """How many pictures or other media came with it; the text may then be empty."""
    sent_at: datetime | None = None
    """By the provider's list, in whole seconds; None for a text by webhook, which counts from its arrival."""
    intent: Intent | None = None
    """What the provider itself took it for, where it did: its word counts, for it has acted on it already."""


@dataclass(frozen=True, slots=True)
class TakenReply:
    """What a text was taken for. `language` is the member's, if one is known there."""

    intent: Intent
    reply_id: UUID
    repeated: bool
    language: str


_KEYWORDS = frozenset({Intent.STOP, Intent.START})
_LOCKING = _KEYWORDS | {Intent.UNCLEAR_STOP}
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

    async def take_listed(self, listed: Sequence[InboundText]) -> None:
        """Texts that the provider lists, most of which came by webhook already. Raises Unavailable."""
        texts = sorted(map(self._taken, listed), key=lambda text: text.at)
        async with self._database.transaction() as session:
            known = await replies_sql.taken(session, [text.reply_id for text in texts])
        for address in dict.fromkeys(text.hashed for text in texts if text.reply_id not in known):
            await self._write([text for text in texts if text.hashed == address])

    def _taken(self, inbound: InboundText) -> _Text:
        settings = self._settings
        intent = inbound.intent or intent_of(inbound.text, provider_keywords=settings.provider_keywords)
        reply_id = settings.ids.event("reply", settings.channel, inbound.reference)
        at = self._clock.of(inbound.sent_at) if inbound.sent_at else self._clock.now()
        return _Text(inbound, intent, self._hash(inbound.sender_address), reply_id, at)

    async def _write(self, texts: Sequence[_Text]) -> None:
        async with self._database.transaction() as session:
            locked = any(text.intent in _LOCKING for text in texts)
            there = await suppression_sql.members_at(session, [text.hashed for text in texts], locked=locked)
            if await _waits_for_the_list(session, texts):
                return
            fresh = set(await replies_sql.note_all(session, list({text.reply_id for text in texts}), self._clock.now()))
            new = list({text.reply_id: text for text in reversed(texts) if text.reply_id in fresh}.values())[::-1]
            await _heed(session, texts, new)
            places = [(text.hashed, text.inbound.our_address, text.at) for text in new]
            asks = await suppression_sql.open_asks(session, places)
            told = [self._said(text, there.get(text.hashed, []), asks.get(place, ())) for place, text in enumerate(new)]
            outgoing = [Outgoing(topics.REPLIES, key_of(said), said, said.reply_id, said.received_at) for said in told]
            await outbox.put(session, self._settings.service, outgoing)
            reach("reply.before-commit")
        reach("reply.after-commit")
        by_id = {said.reply_id: said for said in told}
        for text in texts:
            text.heard = _heard(text, there.get(text.hashed, []), by_id.pop(text.reply_id, None))

    def _said(self, text: _Text, there: Sequence[Resident], asks: Sequence[OpenAsk]) -> ReplyReceived:
        ask = asks[0] if asks else None
        members = tuple(member for member, _ in there)
        return ReplyReceived(
            reply_id=text.reply_id,
            channel=self._settings.channel,
            address_hash=text.hashed,
            member_id=ask.member_id if ask else members[0] if len(members) == 1 else None,
            members_at_address=members,
            text=text.inbound.text,
            media=text.inbound.media,
            intent=text.intent,
            delivery_id=ask.delivery_id if ask else None,
            campaign_id=ask.campaign_id if ask else None,
            step=ask.step if ask else None,
            poll_id=ask.poll_id if ask else None,
            asks=tuple(asks) if len(asks) > 1 else (),
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


async def _waits_for_the_list(session: AsyncSession, texts: Sequence[_Text]) -> bool:
    """A START by webhook whose place only the provider's list can tell is neither taken nor confirmed."""
    text = texts[0]
    if text.intent is not Intent.START or text.inbound.sent_at is not None:
        return False
    text.heard = TakenReply(Intent.ANSWER, text.reply_id, False, "")
    return waits_for_the_list(await suppression_sql.standing(session, text.hashed), text.at)


async def _heed(session: AsyncSession, texts: Sequence[_Text], new: Sequence[_Text]) -> None:
    """`texts` has also those of the list that were taken before, for the provider's order."""
    for text in new:
        match text.intent:
            case Intent.UNCLEAR_STOP:
                await address_holds_sql.hold(session, text.hashed, text.reply_id, text.at, text.inbound.text)
            case Intent.STOP if text.inbound.sent_at is None:
                await suppression_sql.suppress(session, [text.hashed], text.at, "keyword", text.reply_id)
            case Intent.START if text.inbound.sent_at is None:
                await suppression_sql.lift(session, text.hashed, text.at)
            case _:
                pass
    listed = [text for text in new if text.inbound.sent_at is not None and text.intent in _KEYWORDS]
    if listed:
        await _heed_listed(session, listed[0].hashed, texts, new)


async def _heed_listed(session: AsyncSession, address: str, texts: Sequence[_Text], new: Sequence[_Text]) -> None:
    keywords = [Keyword(text.reply_id, text.intent, text.at) for text in texts if text.intent in _KEYWORDS]
    ruled = ruling(await suppression_sql.standing(session, address), keywords)
    for text in new:
        if text.reply_id == ruled.last.reply_id:
            text.at = ruled.at
    if ruled.counts and ruled.last.intent is Intent.STOP:
        await suppression_sql.suppress(session, [address], ruled.at, LISTED, ruled.last.reply_id)
    elif ruled.counts:
        await suppression_sql.lift(session, address, ruled.at)


def _heard(text: _Text, there: Sequence[Resident], said: ReplyReceived | None) -> TakenReply:
    language = there[0][1] if there else ""
    if said is not None and said.member_id is not None:
        language = dict(there).get(said.member_id) or language
    return TakenReply(text.intent, text.reply_id, said is None, language)
