"""An erasure published again reaches a consumer that was restored from a backup, and changes nothing here."""

from datetime import timedelta
from functools import partial

import asyncpg
from contracts import topics
from contracts.event import Received
from contracts.events.members import MemberErased
from contracts.topics import Topic
from segmenter import app as segmenter
from segmenter.settings import Settings as SegmenterSettings

from tests.members.sample_members import joined
from tests.members.service import Running
from tests.support.facts import eventually
from tests.support.world import World


async def erasures(world: World, topic: Topic, member_id: str, times: int) -> list[Received]:
    """What was published of this erasure, once it was published so often."""

    def of(received: list[Received]) -> list[Received]:
        said = [item for item in received if isinstance(item.event, MemberErased)]
        return [item for item in said if str(getattr(item.event, "member_id", "")) == member_id]

    return of(await world.received(topic, lambda received: len(of(received)) >= times))


async def erase(members: Running, member_id: str) -> None:
    answer = await members.http.delete(f"/members/{member_id}", params={"reason": "asked by letter"})
    assert answer.status_code == 204, answer.text


async def test_an_erasure_is_told_again_word_for_word_on_both_topics(members: Running, world: World) -> None:
    ann = (await joined(members, "AGAIN-1"))["member_id"]
    await erase(members, ann)
    assert (await members.http.delete(f"/members/{ann}", params={"reason": "another"})).status_code == 204
    for topic in (topics.MEMBERS, topics.MEMBERS_SENSITIVE):
        first, again = await erasures(world, topic, ann, 2)
        assert first.event == again.event == MemberErased(member_id=ann, version=2, reason="asked by letter")
        assert first.id == again.id
    assert (await members.http.get(f"/members/{ann}")).status_code == 404
    assert (await members.http.delete("/members/00000000-0000-4000-8000-000000000000")).status_code == 404


async def test_a_reader_that_was_restored_forgets_them_when_it_is_told_again(members: Running, world: World) -> None:
    ann = (await joined(members, "AGAIN-2"))["member_id"]
    settings = world.settings(SegmenterSettings)
    reader = await asyncpg.connect(settings.database_url.replace("+asyncpg", ""))
    status = partial(reader.fetchval, "SELECT status FROM members WHERE member_id = $1::uuid", ann)
    try:
        async with world.running(segmenter.build, settings):
            await erase(members, ann)
            await eventually(status, within=60, until=lambda found: found == "erased")
            back = "UPDATE members SET status = 'active', version = 1, given_name = 'Ann' WHERE member_id = $1::uuid"
            await reader.execute(back, ann)
            await erase(members, ann)
            await eventually(status, within=60, until=lambda found: found == "erased")
            name = await reader.fetchval("SELECT given_name FROM members WHERE member_id = $1::uuid", ann)
            assert name == ""
    finally:
        await reader.close()


async def test_the_tombstone_comes_again_after_the_wait(members: Running, world: World) -> None:
    ann = (await joined(members, "AGAIN-3", interests=[]))["member_id"]

    async def published() -> list[bool]:
        """Of each record about her, whether it is a tombstone."""
        return [record.value is None for record in await world.raw(topics.MEMBERS) if record.key == ann]

    await erase(members, ann)
    members.clock.advance(timedelta(days=9))
    await members.run_task("tombstones")
    await eventually(published, until=lambda found: found == [False, False, True])
    await erase(members, ann)
    await members.run_task("tombstones")
    members.clock.advance(timedelta(days=7))
    await members.run_task("tombstones")
    members.clock.advance(timedelta(days=2))
    await members.run_task("tombstones")
    await eventually(published, until=lambda found: found == [False, False, True, False, True])
