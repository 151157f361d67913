"""What cannot be used becomes a row at once, holds nothing up, and can be listed, shown and replayed by command."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from chassis.dead_letters.store import DeadLetters
from chassis.errors import Unavailable
from chassis.kafka.batch import Batch, Poison, decode_all
from chassis.kafka.bisection import bisect
from contracts.event import encode
from contracts.members import MemberChanged, MemberErased
from contracts.replies import ReplyReceived
from contracts.topics import MEMBERS, PARTICIPATION, REPLIES, UNION_EVENTS
from contracts.union_events import MeetingScheduled
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from tests.chassis.muster import letters, muster, replayed, rows
from tests.chassis.poison import letters_of, meeting_record, raw, refused, unreadable, write_letters, written
from tests.chassis.small import Settings, Small, build, create_tables
from tests.support.facts import eventually
from tests.support.world import World

TITLE = "Strike committee of the lecturers"
MOBILE = "+447400123457"


def meeting(name: str) -> MeetingScheduled:
    return MeetingScheduled(meeting_id=name, body="leeds", title=TITLE, starts_at=datetime(2026, 3, 1, tzinfo=UTC))


def changed(member_id: uuid.UUID, name: str, version: int = 1) -> MemberChanged:
    return MemberChanged(member_id=member_id, version=version, given_name=name, family_name="Ng")


def reply(*at_address: uuid.UUID) -> ReplyReceived:
    return ReplyReceived(
        reply_id=uuid.uuid4(),
        channel="sms",
        address_hash="0" * 64,
        members_at_address=at_address,
        text="Refused",
        intent="answer",
        received_at=datetime.now(UTC),
    )


def envelope(**attributes: object) -> bytes:
    """A meeting's envelope with some attributes changed."""
    plain = orjson.loads(encode(meeting("odd"), id="1", source="members", subject="leeds", time=datetime.now(UTC)))
    return orjson.dumps(plain | attributes)


@pytest.fixture
async def settings(own_world: World) -> Settings:
    url = await own_world.databases.database(f"small_{uuid.uuid4().hex[:8]}")
    await create_tables(url)
    return own_world.settings(Settings, database_url=url, module="small")


async def noted(small: Small, *names: str) -> None:
    await eventually(small.noted, until=lambda seen: seen == set(names), within=60)


async def test_poison_of_every_kind_is_a_dead_letter_at_once_and_what_stands_behind_it_is_heard(
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
        await noted(small, "before", "after")
    found = {letter["reason"]: letter for letter in await letters(settings)}
    assert [reason.split(":")[0] for reason in found] == [
        "not JSON",
        "specversion",
        "meeting.scheduled.v1",
        "we do not like it",
        "bug",
    ]
    assert {letter["letter"].split("/")[0] for letter in found.values()} == {"union-events"}
    # Nobody waited for poison: it was given to the handler as often as a batch of four can be halved, or not at all.
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
        await noted(small, "one")
    assert len(await rows(settings, 1)) == 1


async def test_a_letter_is_replayed_after_a_mend_to_its_own_service_and_only_once(
    own_world: World, settings: Settings
) -> None:
    await own_world.publish(UNION_EVENTS, "leeds", meeting("refused"))
    await own_world.publish(UNION_EVENTS, "leeds", meeting("after"))
    application, small = build(settings)
    replica, small_again = build(settings)
    async with application.serving():
        await noted(small, "after")
        (letter,) = await letters(settings)
        assert letter["replay"] is None
        refused = await replayed(settings, [letter["letter"]])
        assert refused.code == 1
        assert [(one["state"], one["why"]) for one in refused.lines] == [("refused", "we do not like it")]
        small.mended = small_again.mended = True
        async with replica.serving():
            assert (await replayed(settings, [letter["letter"]])).code == 0
    assert await small.noted() == {"refused", "after"}
    assert len(await own_world.raw(UNION_EVENTS)) == 2
    (letter,) = await letters(settings)
    assert (letter["replay"]["state"], letter["replay"]["by"]) == ("done", "ann")
    assert letter["replay"]["ended_at"] >= letter["replay"]["asked_at"]
    again = await replayed(settings, [letter["letter"], "union-events/0/999"], "--wait", "0")
    assert again.code == 1
    assert [one["state"] for one in again.lines] == ["not asked", "not asked"]
    assert again.lines[0]["why"].startswith("it was replayed by ann at 20")
    assert again.lines[1]["why"] == "no dead letter is union-events/0/999"


async def test_what_waits_for_a_service_that_is_down_is_replayed_when_it_is_back(
    own_world: World, settings: Settings
) -> None:
    await own_world.publish(UNION_EVENTS, "leeds", meeting("refused"))
    application, _ = build(settings)
    async with application.serving():
        await rows(settings, 1)
    (letter,) = await letters(settings)
    waiting = await replayed(settings, [letter["letter"]], "--wait", "0")
    assert (waiting.code, waiting.lines[0]["state"]) == (1, "waiting")
    second, small = build(settings)
    small.mended = True
    async with second.serving():
        await noted(small, "refused")
    assert small.tried["refused"] == 1


async def test_show_gives_a_letters_shape_and_its_values_only_when_asked_outright(
    own_world: World, settings: Settings
) -> None:
    ann = uuid.uuid4()
    await own_world.publish(UNION_EVENTS, "leeds", meeting("refused"))
    await own_world.publish_raw(MEMBERS, MOBILE, MOBILE.encode(), [("note", MOBILE.encode())])
    await own_world.publish(MEMBERS, str(ann), changed(ann, "Refused"))
    application, _ = build(settings)
    async with application.serving():
        raw = await rows(settings, 3)
    listed = {letter["reason"]: letter for letter in await letters(settings)}
    values = {"we do not like it": TITLE, "not JSON": MOBILE, "we do not like them": "Refused"}
    assert listed.keys() == values.keys()
    for error, value in values.items():
        letter = listed[error]
        masked = await muster(settings, "dead-letters", "show", "members", letter["letter"])
        assert masked.code == 0
        assert value not in masked.out + masked.error
        full = await muster(settings, "dead-letters", "show", "members", letter["letter"], "--bytes")
        assert value in full.out
        assert "personal data" in full.error
    assert MOBILE not in str(listed)
    (unreadable,) = [row for row in raw if row["reason"] == "not JSON"]
    assert (unreadable["value"], unreadable["headers"]) == (MOBILE.encode(), [b"note", MOBILE.encode()])


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


async def test_a_letter_that_a_later_snapshot_replaced_is_not_replayed(own_world: World, settings: Settings) -> None:
    ann, bob, eve = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
    for member in (ann, bob, eve):
        await own_world.publish(MEMBERS, str(member), changed(member, "Refused"))
    application, _ = build(settings)

    async def replaced() -> int:
        return len([row for row in await rows(settings, 3) if row["state"] == "replaced"])

    async with application.serving():
        found = {row["key"].decode(): row for row in await rows(settings, 3)}
        await own_world.publish(MEMBERS, str(ann), changed(ann, "Ann", 2))
        await own_world.publish_raw(MEMBERS, str(bob), b"not JSON")
        await eventually(replaced, until=lambda count: count == 2)
        letters_of_them = [found[str(member)] for member in (ann, bob, eve)]
        wanted = [f"members/{row['partition']}/{row['offset']}" for row in letters_of_them]
        said = await replayed(settings, wanted)
        why = "a later record of the same key has replaced it"
        outcomes = [(one["letter"], one["state"], one["why"]) for one in said.lines]
        assert outcomes == [
            (wanted[0], "not asked", why),
            (wanted[1], "not asked", why),
            (wanted[2], "refused", "we do not like them"),
        ]


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
        await letters_of(application).maintain()
        found = [(row["topic"], row["offset"]) for row in await rows(settings, 0)]
        assert len(found) == left
        assert set(kept if left else ()) <= set(found)
    await small.database.close()


async def test_the_gauge_counts_what_may_be_replayed_by_topic_and_reason(settings: Settings) -> None:
    application, small = build(settings)

    async def gauge() -> dict[tuple[str, str], float]:
        await letters_of(application).maintain()
        (found,) = [one for one in application.metrics.registry.collect() if one.name == "dead_letters"]
        return {(sample.labels["topic"], sample.labels["reason"]): sample.value for sample in found.samples}

    assert await gauge() == {}
    bug = replace(refused(UNION_EVENTS, 2, meeting("bug")), reason="bug: ZeroDivisionError")
    await write_letters(
        application,
        *(refused(UNION_EVENTS, place, meeting("refused")) for place in (0, 1)),
        bug,
        unreadable(MEMBERS, 0, MOBILE),
    )
    assert await gauge() == {
        ("union-events", "refused"): 2,
        ("union-events", "bug"): 1,
        ("members", "unreadable"): 1,
    }
    async with small.database.transaction() as session:
        await session.execute(text("UPDATE dead_letters SET state = 'done' WHERE topic = 'union-events'"))
    assert await gauge() == {("members", "unreadable"): 1}
    await small.database.close()


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
    """A batch is halved for what its handler refuses; whoever is killed in between has stored what lies below."""
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


async def test_what_no_text_of_the_database_can_hold_is_kept_and_replayed_all_the_same(
    own_world: World, settings: Settings
) -> None:
    await own_world.publish_raw(UNION_EVENTS, "\0", envelope(specversion="\0"), [("\0", b"\0\xff")])
    application, _ = build(settings)
    async with application.serving():
        (letter,) = await rows(settings, 1)
        (said,) = (await replayed(settings, [f"union-events/{letter['partition']}/0"])).lines
        await write_letters(application, replace(unreadable(MEMBERS, 0, "key"), reason="a \0"))
    assert (letter["key"], letter["headers"]) == (b"\0", [b"\0", b"\0\xff"])
    assert (said["state"], said["why"]) == ("refused", letter["reason"])
    assert [row["reason"] for row in await rows(settings, 2)] == [said["why"], "a \N{REPLACEMENT CHARACTER}"]


async def test_a_command_without_its_environment_says_what_is_missing_and_shows_nothing_it_read(
    settings: Settings,
) -> None:
    also = {"KAFKA_SECURITY_PROTOCOL": "x", "KAFKA_SASL_PASSWORD": "hush"}
    said = await muster(settings, "erasure", "sweep", "segmenter", also=also)
    assert said.code == 1
    assert said.error.startswith("KAFKA_SECURITY_PROTOCOL: ")
    assert "hush" not in said.error
    nowhere = settings.model_copy(update={"database_url": ""})
    said = await muster(nowhere, "dead-letters", "list", "members", also=also)
    assert said.code == 1
    assert said.error.startswith("DATABASE_URL: ")
    assert "hush" not in said.error


class KilledAtTheEnd:
    """Stores letters, and has the server end the connection before the commit."""

    def __init__(self, letters: DeadLetters) -> None:
        self._letters = letters

    async def settle(self, session: AsyncSession, batch: Batch) -> None:
        await self._letters.settle(session, batch)
        await session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
