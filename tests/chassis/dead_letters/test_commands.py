"""`muster dead-letters list`, `show` and `replay` as an operator runs them, and the gauge beside them."""

import uuid
from dataclasses import replace

from contracts.topics import MEMBERS, UNION_EVENTS
from sqlalchemy import text

from tests.chassis.muster import letters, muster, replayed, rows
from tests.chassis.poison import (
    MOBILE,
    TITLE,
    changed,
    envelope,
    letters_of,
    meeting,
    refused,
    unreadable,
    write_letters,
)
from tests.chassis.small import Settings, build
from tests.support.facts import eventually
from tests.support.world import World


async def test_a_letter_is_replayed_after_a_mend_to_its_own_service_and_only_once(
    own_world: World, settings: Settings
) -> None:
    await own_world.publish(UNION_EVENTS, "leeds", meeting("refused"))
    await own_world.publish(UNION_EVENTS, "leeds", meeting("after"))
    application, small = build(settings)
    replica, small_again = build(settings)
    async with application.serving():
        await small.has_noted("after")
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
        await small.has_noted("refused")
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
