"""What members text back, as far as it is about consent: STOP withdraws, START gives back."""

from collections.abc import Iterable
from dataclasses import replace
from uuid import UUID

from chassis.db.database import Database
from chassis.kafka.batch import Batch
from contracts.enums import Intent
from contracts.replies import ReplyReceived
from members.domain.consents import after_reply
from members.domain.members import Member
from members.repository import bodies, bulk
from members.repository import members as repository
from members.service.recording import Change, Recorder
from members.settings import Settings


class Replies:
    """Hears STOP and START."""

    def __init__(self, database: Database, recorder: Recorder, settings: Settings) -> None:
        self._database, self._recorder, self._settings = database, recorder, settings

    async def hear(self, batch: Batch) -> None:
        """Change the consents of everybody at the address; a reply heard again changes nothing.

        The address is what is spoken for, also by a provider or an operator who knows no member: whoever has it here
        is looked up by its hash, besides those whom the dispatcher knew. Words count in the order in which they were
        received: those about one address may stand in two partitions.
        """
        words = [item.event for item in batch.events if isinstance(item.event, ReplyReceived)]
        words = [word for word in words if word.intent in (Intent.STOP, Intent.START)]
        words.sort(key=lambda word: word.received_at)
        async with self._database.transaction() as session:
            await batch.store(session)
            if not words:
                return
            await bulk.lock(session, bulk.TREE, shared=True)
            here = await repository.at_addresses(session, {word.address_hash for word in words})
            speakers = [_speakers(word) | here.get(word.address_hash, set()) for word in words]
            known = await repository.load(session, set().union(*speakers))
            changes = self._changes(known, zip(words, speakers, strict=True))
            tree = await bodies.tree_of(session, {body for change in changes for body in change.after.bodies})
            await self._recorder.record(session, tree, changes)

    def _changes(self, known: dict[UUID, Member], spoken: Iterable[tuple[ReplyReceived, set[UUID]]]) -> list[Change]:
        """One change a member, with an entry for each reply that changed something."""
        now = dict(known)
        happened: dict[UUID, list[tuple[str, dict[str, object]]]] = {}
        for word, speakers in spoken:
            for who in sorted(speakers & known.keys()):
                log = now[who].evidence
                evidence = after_reply(log, word, who, self._settings.ids)
                if evidence != log:
                    now[who] = replace(now[who], evidence=evidence)
                    happened.setdefault(who, []).append((f"{word.intent} heard", _detail(word)))
        return [Change(known[who], now[who], *entries[0], also=tuple(entries[1:])) for who, entries in happened.items()]


def _speakers(word: ReplyReceived) -> set[UUID]:
    """A word speaks for everybody known at the address."""
    return {*word.members_at_address, *([word.member_id] if word.member_id else [])}


def _detail(word: ReplyReceived) -> dict[str, object]:
    return {
        "reply_id": str(word.reply_id),
        "channel": word.channel,
        "received_at": word.received_at.isoformat(),
        "delivery_id": str(word.delivery_id) if word.delivery_id else None,
        "campaign_id": str(word.campaign_id) if word.campaign_id else None,
    }
