"""A member's link shows on GET and acts on POST: shown against a database that takes no writes."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import ballot.app
import ballot.settings
import dispatch_email.app
import dispatch_email.settings
import httpx
from chassis.app import Application
from chassis.db.database import Database
from sqlalchemy import text

from tests.ballot.builders import member
from tests.ballot.scenario import Scenario
from tests.support.answers import http_client
from tests.support.facts import subscription
from tests.support.world import World


async def forbid_writing(url: str) -> None:
    """From now on every new transaction in this database only reads."""
    database = Database(url)
    name = url.rpartition("/")[2]
    async with database.engine.begin() as connection:
        await connection.execute(text(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on'))
    await database.close()


async def statuses(application: Application, path: str, form: dict[str, str]) -> tuple[list[int], int]:
    """What three looks and one act are answered."""
    assert application.database
    transport = httpx.ASGITransport(application.api, raise_app_exceptions=False)
    service = application.settings.service.replace("-", "_")
    async with http_client(service, "https://muster.example.org", transport=transport) as browser:
        looks = [(await browser.get(path)).status_code for _ in range(3)]
        act = (await browser.post(path, data=form)).status_code
    await application.database.close()
    return looks, act


async def test_looking_at_a_poll_writes_nothing_and_answering_does(own_world: World) -> None:
    settings = own_world.settings(ballot.settings.Settings)
    async with own_world.running(ballot.app.build, settings) as client:
        await subscription(client)
        scenario = Scenario(own_world, client)
        one = member(scenario.membership("leeds"))
        await scenario.publish_members(one)
        poll_id = UUID(await scenario.open_poll())
    await forbid_writing(settings.database_url)
    later = datetime.now(UTC) + timedelta(hours=1)
    path = f"/answer/{settings.links.sign('answer', poll_id, one.member_id, expires_at=later)}"
    assert await statuses(ballot.app.build(settings), path, {"option": "voted"}) == ([200] * 3, 503)


async def test_looking_at_the_unsubscribe_page_writes_nothing(own_world: World) -> None:
    settings = own_world.settings(
        dispatch_email.settings.Settings, mail_domain="union.example", smtp_host="127.0.0.1", smtp_port=1
    )
    await forbid_writing(settings.database_url)
    later = datetime.now(UTC) + timedelta(hours=1)
    path = f"/unsubscribe/{settings.links.sign('unsubscribe', uuid4(), expires_at=later)}"
    looks, act = await statuses(dispatch_email.app.build(settings), path, {"List-Unsubscribe": "One-Click"})
    assert (looks, act) == ([200] * 3, 404)
