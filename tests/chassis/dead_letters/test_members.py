"""Dead letters about members: erased with the member, and kept for as long as their erasure would find them."""

import uuid
from datetime import timedelta

import pytest
from chassis.kafka.batch import Batch, Poison
from chassis.periodic import Periodic
from chassis.retention.retention import Retention
from chassis.retention.spans import CHASSIS
from contracts.events.members import MemberErased
from contracts.topics import MEMBERS, PARTICIPATION, REPLIES, UNION_EVENTS
from sqlalchemy import text
from structlog.testing import capture_logs

from tests.chassis.muster import letters, muster, replayed, rows
from tests.chassis.poison import (
    MOBILE,
    changed,
    letters_of,
    raw,
    refused,
    reply,
    unreadable,
    write_letters,
    written,
)
from tests.chassis.small import Settings, build
from tests.support.facts import eventually
from tests.support.world import World


async def test_erasing_a_member_deletes_the_dead_letters_about_them(own_world: World, settings: Settings) -> None:
    ann, bob = uuid.uuid4(), uuid.uuid4()
    await own_world.publish(MEMBERS, str(ann), changed(ann, "Refused"))
    await own_world.publish_raw(MEMBERS, str(ann), b"Ann Ng, not JSON")
    await own_world.publish(REPLIES, "0" * 64, reply(ann, bob))
    await own_world.publish(MEMBERS, str(bob), changed(bob, "Refused"))
    application, _ = build(settings)
    async with application.serving():
        there = await rows(settings, 4)
        assert len(await letters(settings)) == 4
        await own_world.publish(MEMBERS, str(ann), MemberErased(member_id=ann, version=2))
        await eventually(lambda: letters(settings), until=lambda left: len(left) == 1, within=60, every=0.5)
    (left,) = await rows(settings, 1)
    assert left["subjects"] == [str(bob)]
    gone = [f"{row['topic']}/{row['partition']}/{row['offset']}" for row in there if row["id"] != left["id"]]
    said = await replayed(settings, gone)
    assert [one["why"] for one in said.lines] == [f"no dead letter is {one}" for one in gone]
    assert (await muster(settings, "dead-letters", "show", "members", gone[0], "--bytes")).code == 1
    assert (await muster(settings, "dead-letters", "show", "members", gone[0])).code == 1


async def test_a_letter_is_kept_for_fourteen_days_and_without_a_readable_subject_for_72_hours(
    settings: Settings,
) -> None:
    application, small = build(settings)
    ann = str(uuid.uuid4())
    nobody = reply()
    await write_letters(
        application,
        unreadable(MEMBERS, 0, ann),
        unreadable(MEMBERS, 1, MOBILE),
        unreadable(PARTICIPATION, 0, f"{uuid.uuid4()}:{ann}"),
        unreadable(PARTICIPATION, 1, f"{uuid.uuid4()}:Ann"),
        unreadable(UNION_EVENTS, 0, "leeds"),
        refused(MEMBERS, 2, changed(uuid.uuid4(), "Refused")),
        Poison(raw(REPLIES, 0, "0" * 64, written(nobody, "0" * 64)), REPLIES.name, "no", nobody, attempts=1),
    )
    kept = [("members", 0), ("members", 2), ("participation", 0), ("union-events", 0)]
    for later, left in (
        (timedelta(hours=71), 7),
        (timedelta(hours=2), 4),
        (timedelta(days=10, hours=22), 4),
        (timedelta(hours=2), 0),
    ):
        application.clock.advance(later)
        await Retention(settings, small.database, application.clock, CHASSIS).step()
        found = [(row["topic"], row["offset"]) for row in await rows(settings, 0)]
        assert len(found) == left
        assert set(kept if left else ()) <= set(found)
    await small.database.close()


async def test_a_letter_written_after_its_members_erasure_is_deleted_by_the_next_maintenance(
    settings: Settings,
) -> None:
    application, small = build(settings)
    ann, bob = uuid.uuid4(), uuid.uuid4()
    async with small.database.transaction() as session:
        await session.execute(text("INSERT INTO erased VALUES (:ann)"), {"ann": ann})
    await write_letters(application, refused(MEMBERS, 0, changed(ann, "Refused")))
    await write_letters(application, refused(MEMBERS, 1, changed(bob, "Refused")))
    (maintenance,) = [task for task in application.tasks if task.name == "dead-letters"]
    assert isinstance(maintenance, Periodic)
    await maintenance.step()
    assert [row["subjects"] for row in await rows(settings, 1)] == [[str(bob)]]
    await small.database.close()


async def test_a_letter_is_logged_once_it_is_committed(settings: Settings) -> None:
    application, small = build(settings)
    batch = Batch("notes", (), (), (unreadable(MEMBERS, 0, MOBILE),), letters=letters_of(application))

    async def stored(*, rolled_back: bool) -> None:
        async with small.database.transaction() as session:
            await batch.store(session)
            if rolled_back:
                raise ZeroDivisionError

    with capture_logs() as lines:
        with pytest.raises(ZeroDivisionError):
            await stored(rolled_back=True)
        assert lines == []
        await stored(rolled_back=False)
    assert [(line["event"], line["count"]) for line in lines] == [("dead letters written", 1)]
    await small.database.close()
