"""Whatever is sent to any route of any service, it answers, and says what is wrong in the one shape of our errors."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx
import pytest
from chassis.app import Application

from tests.architecture.generated import Walk
from tests.ballot.builders import member, new_poll
from tests.ballot.scenario import Scenario
from tests.dispatch_email.post import quick
from tests.dispatch_sms.house import QUICK
from tests.segmenter.union import Union
from tests.support.answers import http_client
from tests.support.facts import eventually, subscription
from tests.support.world import World

pytestmark = pytest.mark.filterwarnings(
    "ignore:Do not use the `random` module:hypothesis.errors.HypothesisDeprecationWarning"
)
"""The service in the next thread uses it; hypothesis takes that for this test's doing."""


@asynccontextmanager
async def running(world: World, service: str, **given: Any) -> AsyncIterator[tuple[Application, httpx.AsyncClient]]:
    settings = world.settings(import_module(f"{service}.settings").Settings, **given)
    application: Application = import_module(f"{service}.app").build(settings)
    async with (
        application.serving() as url,
        http_client(service, url, headers=world.headers()) as client,
    ):
        yield application, client


async def walked(world: World, application: Application, client: httpx.AsyncClient, **given: Any) -> Walk:
    headers = {} if "auth" in given else world.headers()
    walk = Walk(str(client.base_url), application.api.openapi(), headers, **given)
    await asyncio.to_thread(walk.run)
    return walk


def no_fault(walk: Walk) -> None:
    """Every route was reached, and some requests were understood, some refused."""
    assert not walk.wrong, "\n".join([f"{len(walk.wrong)} wrong", *walk.wrong[:20]])
    operations = {
        f"{method.upper()} {path}" for path, methods in walk.description["paths"].items() for method in methods
    }
    assert walk.statuses.keys() == operations
    seen = set().union(*walk.statuses.values())
    assert seen & {200, 201, 202}, walk.statuses
    assert seen & {404, 422}, walk.statuses


async def test_access_answers_whatever_is_sent(world: World) -> None:
    async with running(world, "access", token_key_secret=secrets.token_hex(32)) as (application, client):
        client_of_theirs = {"client_id": "theirs", "scopes": ["members:read"]}
        (await client.post("/clients", json=client_of_theirs)).raise_for_status()
        no_fault(await walked(world, application, client, known={"client_id": ["theirs"]}))


async def test_members_answers_whatever_is_sent(world: World) -> None:
    async with running(world, "members") as (application, client):
        for body, words in (("union", {"kind": "union"}), ("leeds", {"kind": "branch", "parent": "union"})):
            (await client.put(f"/bodies/{body}", json={"name": body.title(), **words})).raise_for_status()
        ann = {"membership_number": "A1", "given_name": "Ann", "family_name": "Lee", "memberships": [{"body": "leeds"}]}
        made = (await client.post("/members", json=ann)).raise_for_status().json()
        roll = "membership_number,given_name,family_name,branch\nA2,Bo,Lee,leeds\nA3,,,leeds\n"
        headers = {"Content-Type": "text/csv"}
        checked = (await client.post("/imports", content=roll, headers=headers)).raise_for_status().json()
        url = f"/imports/{checked['import_id']}"
        await eventually(lambda: client.get(url), until=lambda answer: answer.json()["state"] == "checked")
        known = {"body_id": ["leeds"], "member_id": [made["member_id"]], "import_id": [checked["import_id"]]}
        no_fault(await walked(world, application, client, known=known))


async def test_segmenter_answers_whatever_is_sent(world: World) -> None:
    async with running(world, "segmenter", poll_patience_seconds=0.1) as (application, client):
        union = Union(world, client)
        (ann,) = await union.joined_by(union.member())
        campaigns = [await union.campaign(), await union.campaign()]
        launched = await union.launched()
        known = {
            "campaign_id": [*(str(one["campaign_id"]) for one in campaigns), launched],
            "segment_id": [await union.segment()],
            "member_id": [str(ann.member_id)],
        }
        no_fault(await walked(world, application, client, known=known))


async def test_ballot_answers_whatever_is_sent(world: World) -> None:
    async with running(world, "ballot", count_grace_seconds=0, scheduler_seconds=0.1) as (application, client):
        await subscription(client)
        scenario = Scenario(world, client)
        ann = member(scenario.membership("leeds"))
        await scenario.publish_members(ann)
        made = (await client.post("/polls", json=new_poll(scenario.union))).raise_for_status().json()
        known = {"poll_id": [made["poll_id"], await scenario.open_poll()], "member_id": [str(ann.member_id)]}
        no_fault(await walked(world, application, client, known=known | {"body": [scenario.union]}))


async def test_dispatch_sms_answers_whatever_is_sent(world: World) -> None:
    async with running(world, "dispatch_sms", **QUICK) as (application, client):
        no_fault(await walked(world, application, client))


async def test_dispatch_email_answers_whatever_is_sent(world: World) -> None:
    async with running(world, "dispatch_email", **quick(smtp_host="127.0.0.1", smtp_port=1)) as (application, client):
        no_fault(await walked(world, application, client))


async def test_the_sandbox_answers_whatever_is_sent(world: World, tmp_path: Path) -> None:
    given = {"smtp_port": 0, "journal_dir": tmp_path / "journal"}
    async with running(world, "sandbox", **given) as (application, client):
        login = (world.secrets["TWILIO_ACCOUNT_SID"], world.secrets["TWILIO_AUTH_TOKEN"])
        no_fault(await walked(world, application, client, auth=login))
