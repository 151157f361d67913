"""The fan-out survives a kill -9; what is erased leaves nothing behind; migrations match the models."""

import asyncio
import json
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID, uuid4

import httpx
from chassis.db import migrations
from chassis.db.database import Database
from contracts import topics
from contracts.members import MemberErased
from contracts.union_events import MeetingScheduled
from local_stack.ports import free_port
from pydantic import SecretStr
from segmenter.app import build
from segmenter.domain.campaign import Definition
from segmenter.domain.facts import InBody
from segmenter.domain.plan import Fatigue, Plan
from segmenter.models import audience, members
from segmenter.repository import planning
from segmenter.settings import Settings
from sqlalchemy import select, text

from tests.segmenter.given import NOW, Union
from tests.support.answers import http_client
from tests.support.facts import eventually
from tests.support.world import World


async def test_models_and_migrations_agree(world: World) -> None:
    await asyncio.to_thread(migrations.check, "segmenter", world.database_url("segmenter"))


def environment(settings: Settings) -> dict[str, str]:
    """The settings as a process reads them."""
    given = {name: getattr(settings, name) for name in settings.model_fields_set}
    plain = {k: v.get_secret_value() if isinstance(v, SecretStr) else str(v) for k, v in given.items()}
    return {name.upper(): value for name, value in plain.items()}


@asynccontextmanager
async def process(settings: Settings) -> AsyncIterator[asyncio.subprocess.Process]:
    """The segmenter as a process of its own; killed at the end if it still runs."""
    started = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "segmenter", env=environment(settings), stdout=asyncio.subprocess.DEVNULL
    )
    try:
        yield started
    finally:
        if started.returncode is None:
            started.kill()
        await started.wait()


async def test_a_killed_fan_out_is_taken_up_and_asks_for_exactly_the_audience(own_world: World) -> None:
    world = own_world
    slow = {"approval_above": 10_000}
    port = free_port()
    dies = {"failpoints": "fan-out.published=21"}
    victim = world.settings(Settings, port=port, fanout_chunk=1, fanout_shard=100, fanout_workers=2, **slow, **dies)
    async with http_client("segmenter", f"http://127.0.0.1:{port}") as client:
        client.headers["Authorization"] = f"Bearer {world.token()}"
        union = Union(world, client)
        async with process(victim) as running:
            await eventually(lambda: answers(client), within=60)
            people = await union.joined_by(*(union.member() for _ in range(300)))
            campaign_id = await union.launched()
            async with asyncio.timeout(60):
                assert await running.wait() == -signal.SIGKILL
    async with world.running(build, world.settings(Settings, fanout_chunk=50, **slow)) as client:
        union = Union(world, client)
        await eventually(lambda: union.progress(campaign_id), until=lambda now: now["fan_out_done"], within=60)
        requests = await union.requests(campaign_id, 300)
        assert {request.member_id for request in requests} == {person.member_id for person in people}
        of_member = Counter(request.member_id for request in {r.delivery_id: r for r in requests}.values())
        assert set(of_member.values()) == {1}
        assert (await union.progress(campaign_id))["requested"] == 300


async def answers(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/sending")).status_code == 200
    except httpx.TransportError:
        return False


async def test_an_erasure_reaches_the_frozen_audience(union: Union, world: World) -> None:
    (member,) = await union.joined_by(union.member(given_name="Angharad"))
    await union.requests(await union.launched(), 1)
    await union.say(topics.MEMBERS, member.member_id, MemberErased(member_id=member.member_id, version=2))
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


async def test_an_erasure_during_a_freeze_reaches_the_audience_that_is_being_frozen(union: Union, world: World) -> None:
    member, other = await union.joined_by(union.member(), union.member())
    definition, campaign_id = Definition.model_validate(await union.draft()), uuid4()
    plan = Plan.of(definition, InBody(bodies=(union.name,)), NOW.date())
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
        assert await planning.freeze(session, campaign_id, plan) == 2
        await union.say(topics.MEMBERS, member.member_id, erased)
        await eventually(came_through_or_waits)
    await eventually(lambda: union.count(), until=lambda count: count == 1)
    assert await kept() == {member.member_id: [], other.member_id: [True]}
    await database.close()


async def test_what_other_systems_tell_is_listed_by_body(union: Union) -> None:
    meeting = MeetingScheduled(meeting_id="m1", body=f"{union.name}-a", title="AGM", starts_at=datetime.now(UTC))
    await union.say(topics.UNION_EVENTS, "m1", meeting)

    async def told() -> list[dict[str, object]]:
        answer = await union.client.get("/union-events", params={"body": meeting.body})
        return list(answer.json()["items"])

    (item,) = await eventually(told)
    assert (item["type"], item["subject"]) == ("meeting.scheduled.v1", "m1")
    assert json.loads(json.dumps(item["data"]))["title"] == "AGM"
    branch = union.world.headers(branch=f"{union.name}-b")
    refused = await union.client.get("/union-events", params={"body": meeting.body}, headers=branch)
    assert refused.status_code == 403


async def test_a_segment_changed_after_the_summary_is_noticed(union: Union) -> None:
    await union.joined_by(union.member(), union.member(language="cy"))
    campaign = await union.campaign()
    path, segment = f"/campaigns/{campaign['campaign_id']}", f"/segments/{campaign['segment_id']}"
    old = {"summary": (await union.summary(campaign["campaign_id"]))["hash"]}
    welsh = {"name": "Welsh", "rule": {"kind": "language", "languages": ["cy"]}}
    assert (await union.client.put(segment, json=welsh, headers={"If-Match": '"1"'})).status_code == 200
    answer = await union.client.post(f"{path}/approve", json=old)
    assert answer.status_code == 412
    assert "the segment was changed" in answer.json()["detail"]


async def test_an_approved_campaign_keeps_the_rule_that_was_approved(union: Union) -> None:
    member, _ = await union.joined_by(union.member(language="cy"), union.member())
    rule = {"kind": "all", "of": [{"kind": "body", "bodies": [union.name]}, {"kind": "language", "languages": ["cy"]}]}
    campaign = await union.campaign(segment_id=await union.segment(rule))
    path, segment = f"/campaigns/{campaign['campaign_id']}", f"/segments/{campaign['segment_id']}"
    confirmed = {"summary": (await union.summary(campaign["campaign_id"]))["hash"]}
    assert (await union.client.post(f"{path}/approve", json=confirmed)).status_code == 200
    everybody = {"name": "All", "rule": {"kind": "body", "bodies": [union.name]}}
    assert (await union.client.put(segment, json=everybody, headers={"If-Match": '"1"'})).status_code == 200
    assert (await union.client.post(f"{path}/launch", json=confirmed)).status_code == 200
    (request,) = await union.requests(campaign["campaign_id"], 1)
    assert request.member_id == member.member_id


async def test_who_got_enough_is_left_alone_unless_it_is_urgent(union: Union, world: World) -> None:
    await union.joined_by(union.member(), union.member(consents=()))
    earlier = await union.campaign()
    await union.requests(await union.launch(earlier["campaign_id"]), 1)
    await union.joined_by(union.member())
    definition = Definition.model_validate(await union.draft())
    now = datetime.now(UTC)
    database = Database(world.database_url("segmenter"))

    async def skipped(definition: Definition, most: int) -> dict[str | None, int]:
        fatigue = Fatigue.of(definition, now, most=most, days=7)
        plan = Plan.of(definition, InBody(bodies=(union.name,)), now.date(), fatigue)
        async with database.transaction() as session:
            return await planning.skipped(session, plan)

    assert await skipped(definition, 1) == {"fatigue": 1, "no_consent": 1, None: 1}
    assert await skipped(definition, 2) == {"no_consent": 1, None: 2}
    assert await skipped(definition.model_copy(update={"urgent": True}), 1) == {"no_consent": 1, None: 2}
    await database.close()
