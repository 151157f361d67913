"""A day begins and ends in the union's own zone."""

from datetime import UTC, date, datetime

from contracts import topics
from segmenter.app import build
from segmenter.settings import Settings

from tests.segmenter.union import Union
from tests.support.facts import eventually
from tests.support.world import World

HALF_PAST_MIDNIGHT_IN_LONDON = datetime(2026, 6, 30, 23, 30, tzinfo=UTC)


async def test_memberships_begin_and_end_at_the_unions_midnight(own_world: World) -> None:
    settings = own_world.settings(Settings, clock_start=HALF_PAST_MIDNIGHT_IN_LONDON)
    async with own_world.running(build, settings) as client:
        union = Union(own_world, client)
        begins = union.member(memberships=(union.place("a", valid_from=date(2026, 7, 1)),))
        ended = union.member(memberships=(union.place("a", valid_to=date(2026, 6, 30)),))
        for member in (begins, ended):
            await union.publish(topics.MEMBERS, member.member_id, member)
        both = {"kind": "members", "member_ids": [str(begins.member_id), str(ended.member_id)]}

        async def known() -> int:
            return int((await client.post("/segments/preview", json={"rule": both})).json()["count"])

        await eventually(known, until=lambda count: count == 2)
        assert await union.count() == 1
        asked = await union.requests(await union.launched(), 1)
        assert [request.member_id for request in asked] == [begins.member_id]
