"""What cannot be used is buried at once, holds nothing up, and can be listed, shown and replayed by command."""

import uuid
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from chassis.dead_letters import DeadLetters
from contracts.event import encode
from contracts.members import MemberChanged, MemberErased
from contracts.replies import ReplyReceived
from contracts.topics import MEMBERS, REPLIES, UNION_EVENTS, dead_letters
from contracts.union_events import MeetingScheduled

from tests.chassis.muster import letters, muster, replayed
from tests.chassis.small import Settings, Small, build, create_tables
from tests.support.facts import eventually
from tests.support.world import World

TITLE = "Strike committee of the lecturers"
MOBILE = "+447400123457"
LETTERS = dead_letters("members")


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


async def test_poison_of_every_kind_is_buried_at_once_and_what_stands_behind_it_is_heard(
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
    found = {letter["error"]: letter for letter in await letters(settings)}
    assert [error.split(":")[0] for error in found] == [
        "not JSON",
        "specversion",
        "meeting.scheduled.v1",
        "we do not like it",
        "bug",
    ]
    assert {letter["letter"].split("/")[0] for letter in found.values()} == {"union-events"}
    # Nobody waited for poison: it was given to the handler as often as a batch of four can be halved, or not at all.
    tried = {error.split(":")[0]: letter["attempts"] for error, letter in found.items()}
    assert tried == {
        "not JSON": 0,
        "specversion": 0,
        "meeting.scheduled.v1": 0,
        "we do not like it": small.tried["refused"],
        "bug": small.tried["bug"],
    }
    assert max(tried.values()) <= 3


async def test_poison_is_buried_once_however_often_its_batch_is_put_back(own_world: World, settings: Settings) -> None:
    application, small = build(settings)
    small.down = 8
    await own_world.publish_raw(UNION_EVENTS, "leeds", b"not json")
    await own_world.publish(UNION_EVENTS, "leeds", meeting("one"))
    async with application.serving():
        await noted(small, "one")
    assert len(await own_world.raw(LETTERS)) == 1


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
        await own_world.raw(LETTERS, 1)
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
        raw = await own_world.raw(LETTERS, 3)
    listed = {letter["error"]: letter for letter in await letters(settings)}
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
    sealed = [record for record in raw if dict(record.headers).get("key-id")]
    assert len(sealed) == 2
    assert not any(MOBILE.encode() in record.value or b"Refused" in record.value for record in sealed if record.value)
    assert all(MOBILE.encode() not in value for record in sealed for _, value in record.headers)


async def test_erasing_a_member_takes_away_what_dead_letters_hold_of_them(own_world: World, settings: Settings) -> None:
    ann, bob = uuid.uuid4(), uuid.uuid4()
    await own_world.publish(MEMBERS, str(ann), changed(ann, "Refused"))
    await own_world.publish_raw(MEMBERS, str(ann), b"Ann Ng, not JSON")
    await own_world.publish(REPLIES, "0" * 64, reply(ann, bob))
    await own_world.publish(MEMBERS, str(bob), changed(bob, "Refused"))
    application, _ = build(settings)

    async def readable() -> int:
        return sum(letter["readable"] for letter in await letters(settings))

    async with application.serving():
        await own_world.raw(LETTERS, 4)
        assert await readable() == 4
        await own_world.publish(MEMBERS, str(ann), MemberErased(member_id=ann, version=2))
        await eventually(readable, until=lambda left: left == 1, within=60, every=0.5)
    gone = [letter["letter"] for letter in await letters(settings) if not letter["readable"]]
    said = await replayed(settings, gone)
    assert [one["why"] for one in said.lines] == ["its bytes were erased, or their key has been dropped"] * 3
    assert (await muster(settings, "dead-letters", "show", "members", gone[0], "--bytes")).code == 1
    assert (await muster(settings, "dead-letters", "show", "members", gone[0])).code == 0


async def test_a_personal_letter_cannot_be_read_after_72_hours_nor_one_that_a_later_snapshot_replaced_be_replayed(
    own_world: World, settings: Settings
) -> None:
    ann = uuid.uuid4()
    await own_world.publish(MEMBERS, str(ann), changed(ann, "Refused"))
    application, _ = build(settings)
    async with application.serving():
        await own_world.raw(LETTERS, 1)
        (letter,) = await letters(settings)
        await own_world.publish(MEMBERS, str(ann), changed(ann, "Ann", 2))
        said = await replayed(settings, [letter["letter"]])
        assert [one["why"] for one in said.lines] == ["a later record of the same key has replaced it"]
    (undertaker,) = [task for task in application.tasks if isinstance(task, DeadLetters)]
    for hours, left in ((71, True), (2, False)):
        application.clock.advance(timedelta(hours=hours))
        await undertaker.drop_old()
        (letter,) = await letters(settings)
        assert letter["readable"] is left
    assert application.database is not None
    await application.database.close()


async def test_a_command_without_its_environment_says_what_is_missing_and_shows_nothing_it_read(
    settings: Settings,
) -> None:
    said = await muster(
        settings,
        "dead-letters",
        "list",
        "members",
        also={"KAFKA_SECURITY_PROTOCOL": "x", "KAFKA_SASL_PASSWORD": "hush"},
    )
    assert said.code == 1
    assert said.error.startswith("KAFKA_SECURITY_PROTOCOL: ")
    assert "hush" not in said.error
