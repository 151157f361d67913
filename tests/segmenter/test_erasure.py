"""An erasure clears frozen audiences too, also one that is being frozen."""

import asyncio
from uuid import UUID, uuid4

from chassis.db.database import Database
from contracts import topics
from contracts.events.members import MemberErased
from segmenter.domain.audience_plan import AudiencePlan
from segmenter.domain.campaigns.definition import CampaignDefinition
from segmenter.domain.segments.conditions import BodyCondition
from segmenter.models import audience, members
from segmenter.repository import audiences
from segmenter.repository.projection import members as projected_members
from sqlalchemy import select, text

from tests.segmenter.union import NOW, Union
from tests.support.facts import eventually
from tests.support.world import World


async def test_an_erasure_reaches_the_frozen_audience(union: Union, world: World) -> None:
    (member,) = await union.joined_by(union.member(given_name="Angharad"))
    await union.requests(await union.launched(), 1)
    await union.publish(topics.MEMBERS, member.member_id, MemberErased(member_id=member.member_id, version=2))
    database = Database(world.database_url("segmenter"))
    told = (audience.c.merge, audience.c.consents, audience.c.matched, audience.c.language)
    query = (
        select(members.c.status, members.c.given_name, members.c.has_sms, *told)
        .join(audience, audience.c.member_id == members.c.member_id)
        .where(members.c.member_id == member.member_id)
    )

    async def left() -> tuple[object, ...]:
        async with database.transaction() as session:
            return tuple((await session.execute(query)).one())

    await eventually(left, until=lambda row: row == ("erased", "", False, {}, [], [], ""))
    await database.close()
    history = await union.client.get(f"/members/{member.member_id}/history")
    assert [item["rule"] for item in history.json()["entries"]] == [None]


async def test_an_erasure_that_comes_again_writes_no_audience_again(union: Union, world: World) -> None:
    """As its tombstone does, of every campaign that the member was in."""
    (member,) = await union.joined_by(union.member())
    await union.requests(await union.launched(), 1)
    database, erased = Database(world.database_url("segmenter")), MemberErased(member_id=member.member_id, version=2)
    written = text("SELECT xmin::text FROM audience WHERE member_id = :id")
    seen = []
    for _ in range(3):
        async with database.transaction() as session:
            seen.append(await session.scalar(written, {"id": member.member_id}))
            await projected_members.erase(session, [erased])
    await database.close()
    assert seen[0] != seen[1] == seen[2]


async def test_an_erasure_during_a_freeze_reaches_the_audience_that_is_being_frozen(union: Union, world: World) -> None:
    member, other = await union.joined_by(union.member(), union.member())
    definition, campaign_id = CampaignDefinition.model_validate(await union.draft()), uuid4()
    plan = AudiencePlan(definition, BodyCondition(bodies=(union.name,)), NOW.date())
    erased = MemberErased(member_id=member.member_id, version=2)
    database = Database(world.database_url("segmenter"))
    frozen = select(audience.c.member_id, audience.c.matched).where(audience.c.campaign_id == campaign_id)
    waiting = text(
        "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database "
        "WHERE datname = current_database() AND locktype = 'advisory' AND NOT granted"
    )
    status = select(members.c.status).where(members.c.member_id == member.member_id)

    async def came_through_or_waits() -> bool:
        async with database.transaction() as session:
            return await session.scalar(status) == "erased" or bool(await session.scalar(waiting))

    async def kept() -> dict[UUID, list[bool]]:
        async with database.transaction() as session:
            return {row.member_id: row.matched for row in (await session.execute(frozen)).all()}

    async with database.transaction() as session:
        assert await audiences.freeze(session, campaign_id, plan) == 2
        await union.publish(topics.MEMBERS, member.member_id, erased)
        await eventually(came_through_or_waits)
        async with asyncio.timeout(10), database.transaction() as alert:
            assert await audiences.freeze(alert, uuid4(), plan) == 2, "nobody waits behind the erasure"
    await eventually(lambda: union.count(), until=lambda count: count == 1)
    assert await kept() == {member.member_id: [], other.member_id: [True]}
    await database.close()
