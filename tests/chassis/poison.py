"""Dead letters as the listener writes them, without a broker."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID, uuid4

import orjson
from chassis.app import Application
from chassis.dead_letters.sql import Content
from chassis.dead_letters.store import DeadLetters
from chassis.kafka.batch import Batch, Poison, RawRecord
from contracts.event import Event, encode
from contracts.events.members import MemberChanged
from contracts.events.replies import ReplyReceived
from contracts.events.union_events import MeetingScheduled
from contracts.topics import UNION_EVENTS, Topic

NOW = datetime(2026, 3, 1, tzinfo=UTC)
TITLE = "Strike committee of the lecturers"
MOBILE = "+447400123457"


def meeting(name: str) -> MeetingScheduled:
    return MeetingScheduled(meeting_id=name, body="leeds", title=TITLE, starts_at=NOW)


def changed(member_id: UUID, name: str, version: int = 1) -> MemberChanged:
    return MemberChanged(member_id=member_id, version=version, given_name=name, family_name="Ng")


def reply(*at_address: UUID) -> ReplyReceived:
    """One that the small service refuses."""
    return ReplyReceived(
        reply_id=uuid4(),
        channel="sms",
        address_hash="0" * 64,
        members_at_address=at_address,
        text="Refused",
        intent="answer",
        received_at=NOW,
    )


def envelope(**attributes: object) -> bytes:
    """A meeting's envelope with some attributes changed."""
    return orjson.dumps(orjson.loads(written(meeting("odd"), "leeds")) | attributes)


def meeting_record(offset: int, name: str) -> RawRecord:
    return raw(UNION_EVENTS, offset, "leeds", written(meeting(name), "leeds"))


def written(event: Event, key: str) -> bytes:
    """The event in its envelope."""
    return encode(event, id=key, source="members", subject=key, time=NOW)


def raw(topic: Topic, offset: int, key: str, value: bytes | None, headers: Sequence[bytes] = ()) -> RawRecord:
    """A record of partition 0."""
    return Content(0, "", topic.name, 0, offset, 0, key.encode(), value, headers).record()


def refused(topic: Topic, offset: int, event: Event) -> Poison:
    """A record that the handler refused; its key is the member's id, or a body's."""
    key = str(getattr(event, "member_id", "leeds"))
    return Poison(raw(topic, offset, key, written(event, key)), topic.name, "we do not like it", event, attempts=1)


def unreadable(topic: Topic, offset: int, key: str) -> Poison:
    """A record that could not be decoded."""
    return Poison(raw(topic, offset, key, b"not JSON"), topic.name, "not JSON")


def letters_of(application: Application) -> DeadLetters:
    """As the application has them."""
    assert application.database is not None
    return DeadLetters(application.database, application.clock, application.metrics)


async def write_letters(application: Application, *poison: Poison, group: str = "notes") -> None:
    """In one transaction, as of a batch in which nothing else was."""
    assert application.database is not None
    async with application.database.transaction() as session:
        await Batch(group, (), (), poison, letters=letters_of(application)).store(session)
