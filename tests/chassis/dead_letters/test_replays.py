"""The mark of a replay is made with its effect, or neither is; and any number of letters is one command."""

import uuid
from datetime import UTC, datetime

import pytest
from chassis.dead_letters import sql
from chassis.dead_letters.replay import ReplayBatch, Replayed
from chassis.dead_letters.sql import Letter
from chassis.kafka.batch import decode_all
from contracts.events.members import MemberErased
from contracts.topics import MEMBERS, UNION_EVENTS
from sqlalchemy import text

from tests.chassis.muster import replayed
from tests.chassis.poison import changed, letters_of, meeting, meeting_record, refused, write_letters
from tests.chassis.small import Settings, Small, build
from tests.support.facts import eventually

NOW = datetime(2026, 3, 1, tzinfo=UTC)
NAMES = {UNION_EVENTS.name: UNION_EVENTS}
MANY = 40_000
"""More than a statement may have parameters (32,767)."""


async def multiplied(small: Small) -> None:
    """Of the one letter that is there, many; each of another meeting and about another member."""
    copy = """
        INSERT INTO dead_letters (consumer_group, topic, partition, "offset", timestamp, key, value, headers, subjects,
            reason, attempts, written_at, expires_at, state, why)
        SELECT consumer_group, topic, partition, number, timestamp, key,
            convert_to(replace(convert_from(value, 'UTF8'), 'meeting-0', 'meeting-' || number), 'UTF8'), headers,
            ARRAY[CAST(gen_random_uuid() AS text)], reason, attempts, written_at, expires_at, state, why
        FROM dead_letters, generate_series(1, :most) AS number
    """
    async with small.database.transaction() as session:
        await session.execute(text(copy), {"most": MANY - 1})


async def listed(small: Small) -> list[Letter]:
    async with small.database.transaction() as session:
        return await sql.listed(session)


async def asked(small: Small, by: str) -> set[str]:
    async with small.database.transaction() as session:
        return await sql.ask(session, None, by, NOW)


async def test_of_two_replicas_that_replay_a_letter_one_has_the_effect(settings: Settings) -> None:
    application, small = build(settings)
    await write_letters(application, refused(UNION_EVENTS, 3, meeting("first")))
    assert await asked(small, "ann") == {"union-events/0/3"}
    assert await asked(small, "bob") == set()
    async with small.database.transaction() as session:
        (letter,) = await sql.waiting(session, ["notes"], 2)

    def again(meeting_id: str) -> ReplayBatch:
        """The letter's record as two replicas hold it; they differ here, so that each effect can be seen."""
        found = decode_all([meeting_record(3, meeting_id)], NAMES, "notes")
        rows = {("union-events", 0, 3): letter.row}
        return ReplayBatch("notes", found.events, (), letters=letters_of(application), rows=rows, now=NOW)

    await small.on_meetings(again("first"))
    with pytest.raises(Replayed):
        await small.on_meetings(again("second"))
    assert await small.noted() == {"first"}
    assert [letter.replay.state for letter in await listed(small)] == ["done"]
    assert await asked(small, "bob") == set()
    await small.database.close()


async def test_of_letters_replayed_together_those_that_are_refused_again_hold_up_no_other(settings: Settings) -> None:
    application, small = build(settings)
    names = ("one", "refused", "two", "bug", "three")
    await write_letters(application, *(refused(UNION_EVENTS, place, meeting(name)) for place, name in enumerate(names)))
    async with application.serving():
        said = await replayed(settings, [], "--all")
        assert said.code == 1
        found = {line["letter"]: (line["state"], line["why"]) for line in said.lines}
        assert found == {
            "union-events/0/0": ("done", ""),
            "union-events/0/1": ("refused", "we do not like it"),
            "union-events/0/2": ("done", ""),
            "union-events/0/3": ("refused", "bug: ZeroDivisionError"),
            "union-events/0/4": ("done", ""),
        }
        assert await small.noted() == {"one", "two", "three"}
        small.mended = True
        assert [line["state"] for line in (await replayed(settings, [], "--all")).lines] == ["done", "done"]
        assert (await replayed(settings, [], "--all")).lines == []
        assert (await replayed(settings, ["union-events/0/1"], "--all")).code == 2
        assert (await replayed(settings, [])).code == 2


async def test_forty_thousand_letters_are_replayed_by_one_command(settings: Settings) -> None:
    application, small = build(settings)
    await write_letters(application, refused(UNION_EVENTS, 0, meeting("meeting-0")))
    await multiplied(small)
    async with application.serving():
        said = await replayed(settings, [], "--all", "--wait", "300")
        assert (said.code, len(said.lines)) == (0, MANY)
        assert {line["state"] for line in said.lines} == {"done"}
        assert await small.noted() == {f"meeting-{number}" for number in range(MANY)}


async def test_letters_about_forty_thousand_members_are_erased_by_one_statement(settings: Settings) -> None:
    application, small = build(settings)
    ann = uuid.uuid4()
    await write_letters(application, refused(MEMBERS, 0, MemberErased(member_id=ann, version=2)))
    await multiplied(small)
    async with small.database.transaction() as session:
        found = (await session.execute(text("SELECT subjects[1] FROM dead_letters"))).scalars()
        members = {uuid.UUID(subject) for subject in found}
        assert len(members) == MANY
        await sql.erase(session, members - {ann})
    assert [letter.letter for letter in await listed(small)] == ["members/0/0"]
    await small.database.close()


async def test_a_letter_of_a_consumer_that_is_gone_waits_and_one_of_an_unknown_type_is_refused(
    settings: Settings,
) -> None:
    application, small = build(settings)
    await write_letters(application, refused(UNION_EVENTS, 0, meeting("gone")), group="former")
    await write_letters(application, refused(MEMBERS, 0, meeting("stray")), group="notes")
    async with application.serving():
        await asked(small, "ann")
        found = await eventually(lambda: listed(small), until=lambda seen: seen[1].replay.state != "waiting")
        assert [(letter.replay.state, letter.replay.why) for letter in found] == [
            ("waiting", ""),
            ("refused", "nobody here knows an event of this type"),
        ]


async def test_the_replay_of_an_erasure_deletes_its_letter_and_succeeds(settings: Settings) -> None:
    application, small = build(settings)
    ann, bob = uuid.uuid4(), uuid.uuid4()
    await write_letters(application, refused(MEMBERS, 0, MemberErased(member_id=ann, version=2)), group="people")
    await write_letters(application, refused(MEMBERS, 1, changed(bob, "Refused")), group="people")
    async with application.serving():
        said = await replayed(settings, ["members/0/0"])
        assert (said.code, said.lines) == (0, [{"letter": "members/0/0", "state": "erased"}])
        assert (await replayed(settings, [], "--all")).code == 1
    assert [letter.letter for letter in await listed(small)] == ["members/0/1"]
