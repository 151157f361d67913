"""What cannot be used becomes a row at once, once, together with its offset, and holds nothing up."""

from dataclasses import replace

import pytest
from chassis.dead_letters.store import DeadLetters
from chassis.errors import Unavailable
from chassis.kafka.batch import Batch, Poison, decode_all
from chassis.kafka.poison_search import bisect
from contracts.topics import UNION_EVENTS
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from tests.chassis.muster import letters, rows
from tests.chassis.poison import envelope, letters_of, meeting, meeting_record, raw
from tests.chassis.small import Settings, build
from tests.support.world import World


async def test_poison_of_every_kind_is_a_dead_letter_at_once_and_later_records_are_consumed(
    own_world: World, settings: Settings
) -> None:
    await own_world.publish(UNION_EVENTS, "leeds", meeting("before"))
    await own_world.publish_raw(UNION_EVENTS, "leeds", b"not json", [("bad", b"\xff\xfe")])
    await own_world.publish_raw(UNION_EVENTS, "leeds", envelope(specversion="2.0"))
    await own_world.publish_raw(UNION_EVENTS, "leeds", envelope(data={"meeting_id": "half"}))
    await own_world.publish_raw(UNION_EVENTS, "leeds", envelope(type="meeting.scheduled.v9"))
    await own_world.publish(UNION_EVENTS, "leeds", meeting("refused"))
    await own_world.publish(UNION_EVENTS, "leeds", meeting("bug"))
    await own_world.publish(UNION_EVENTS, "leeds", meeting("after"))
    application, small = build(settings)
    async with application.serving():
        await small.has_noted("before", "after")
    found = {letter["reason"]: letter for letter in await letters(settings)}
    assert [reason.split(":")[0] for reason in found] == [
        "not JSON",
        "specversion",
        "meeting.scheduled.v1",
        "we do not like it",
        "bug",
    ]
    assert {letter["letter"].split("/")[0] for letter in found.values()} == {"union-events"}
    # Poison delayed nothing: the handler was given it as often as a batch of four can be halved, or not at all.
    tried = {reason.split(":")[0]: letter["attempts"] for reason, letter in found.items()}
    assert tried == {
        "not JSON": 0,
        "specversion": 0,
        "meeting.scheduled.v1": 0,
        "we do not like it": small.tried["refused"],
        "bug": small.tried["bug"],
    }
    assert max(tried.values()) <= 3


async def test_poison_is_one_dead_letter_however_often_its_batch_is_put_back(
    own_world: World, settings: Settings
) -> None:
    application, small = build(settings)
    small.down = 8
    await own_world.publish_raw(UNION_EVENTS, "leeds", b"not json")
    await own_world.publish(UNION_EVENTS, "leeds", meeting("one"))
    async with application.serving():
        await small.has_noted("one")
    assert len(await rows(settings, 1)) == 1


async def test_letter_and_offset_are_stored_together_or_neither_is(settings: Settings) -> None:
    """The server ends the connection at the last moment, as it does when the process is killed."""
    application, small = build(settings)
    batch = decode_all(
        [raw(UNION_EVENTS, 0, "leeds", b"not JSON"), meeting_record(1, "one")],
        {UNION_EVENTS.name: UNION_EVENTS},
        "notes",
        letters_of(application),
    )

    async def stored() -> tuple[int, int, set[str]]:
        async with small.database.transaction() as session:
            counts = [
                (await session.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one()
                for table in ("dead_letters", "consumed")
            ]
        return counts[0], counts[1], await small.noted()

    killed = replace(batch, letters=KilledAtTheEnd(letters_of(application)))
    with pytest.raises(Unavailable):
        await small.on_meetings(killed)
    assert await stored() == (0, 0, set())
    await small.on_meetings(batch)
    assert await stored() == (1, 1, {"one"})
    await small.database.close()


async def test_no_offset_is_stored_past_a_letter_that_is_not(settings: Settings) -> None:
    """A batch is halved for what its handler refuses; a process killed in between has stored what lies below."""
    application, small = build(settings)
    records = [meeting_record(0, "one"), raw(UNION_EVENTS, 1, "leeds", b"not JSON")]
    records += [meeting_record(2, "two"), meeting_record(3, "refused")]
    batch = decode_all(records, {UNION_EVENTS.name: UNION_EVENTS}, "notes", letters_of(application))

    async def killed(_: Batch, __: Poison) -> None:
        raise Unavailable("killed")

    with pytest.raises(Unavailable):
        await bisect(batch, small.on_meetings, killed)
    assert await small.noted() == {"one", "two"}
    async with small.database.transaction() as session:
        assert (await session.execute(text("SELECT next_offset FROM consumed"))).scalar_one() == 3
    assert [row["offset"] for row in await rows(settings, 0)] == [1]
    await small.database.close()


class KilledAtTheEnd:
    """Stores letters, and has the server end the connection before the commit."""

    def __init__(self, letters: DeadLetters) -> None:
        self._letters = letters

    async def settle(self, session: AsyncSession, batch: Batch) -> None:
        await self._letters.settle(session, batch)
        await session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
