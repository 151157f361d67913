"""What people ask a dispatcher over HTTP, and the whole way through a real broker."""

import uuid
from collections.abc import AsyncIterator

import httpx
import pytest
from contracts import topics
from contracts.events.deliveries import DeliverySkipped
from sqlalchemy import text
from structlog.testing import capture_logs

from tests.dispatch.events import member
from tests.dispatch.house import House, house_in
from tests.dispatch.trial import PATIENT
from tests.support.answers import http_client
from tests.support.facts import eventually
from tests.support.paging import pages
from tests.support.world import World


@pytest.fixture(scope="module")
async def house(world: World) -> AsyncIterator[House]:
    async with house_in(world, **PATIENT) as house, house.application().serving() as url:
        house.url = url
        yield house


def client(house: House, scopes: str, branch: str | None = None) -> httpx.AsyncClient:
    headers = house.world.headers(scopes, branch=branch)
    return http_client("dispatch_sms", house.url, headers=headers)


async def held(house: House, branch: str) -> tuple[uuid.UUID, uuid.UUID]:
    """A held delivery and its member."""
    (delivery,), _ = await several_held(house, branch)
    (row,) = await house.rows("SELECT member_id FROM deliveries WHERE delivery_id = :id", id=delivery)
    return delivery, row.member_id


async def several_held(house: House, *branches: str) -> tuple[list[uuid.UUID], str]:
    """Held deliveries of one campaign, and its id."""
    wanted = await house.campaign(in_doubt_policy={"sms": "hold"}, state="paused")
    deliveries = []
    for branch in branches:
        person = await house.member()
        deliveries.append(await house.ask(wanted, person, branch=branch))
        await house.settled(deliveries[-1], "requested")
        for state in ("sending", "in_doubt", "held"):
            await house.rows_changed(
                f"UPDATE deliveries SET state = '{state}', rev = rev + 1, gen = 1, deadline = clock_timestamp() "
                f"WHERE delivery_id = '{deliveries[-1]}'"
            )
    return deliveries, str(wanted.campaign_id)


async def test_held_deliveries_are_listed_and_decided_by_a_person(house: House) -> None:
    delivery, _ = await held(house, "gwynedd")
    async with client(house, "deliveries:read") as reader:
        listed = (await reader.get("/held")).raise_for_status().json()
        assert str(delivery) in [item["delivery_id"] for item in listed["items"]]
        refused = await reader.post(f"/held/{delivery}/release", json={"decision": "accepted"})
        assert refused.status_code == 403
    async with client(house, "sending:stop") as operator:
        unclear = await operator.post(f"/held/{delivery}/release", json={"decision": "perhaps"})
        assert (unclear.status_code, unclear.json()["errors"][0]["field"]) == (422, "decision")
        done = await operator.post(f"/held/{delivery}/release", json={"decision": "accepted"})
        assert done.json() == {"status": "accepted"}
        again = await operator.post(f"/held/{delivery}/release", json={"decision": "resend"})
        assert again.status_code == 409
        unknown = await operator.post(f"/held/{uuid.uuid4()}/release", json={"decision": "resend"})
        assert unknown.status_code == 404
    await house.told(delivery, "accepted")


async def test_a_branch_sees_and_decides_its_own_only(house: House) -> None:
    ours, member_id = await held(house, "gwynedd")
    theirs, _ = await held(house, "powys")
    async with client(house, "deliveries:read sending:stop history:read", branch="powys") as powys:
        listed = [item["delivery_id"] for item in (await powys.get("/held")).json()["items"]]
        assert listed == [str(theirs)]
        foreign = await powys.post(f"/held/{ours}/release", json={"decision": "resend"})
        assert foreign.status_code == 404
        assert (await powys.get(f"/members/{member_id}/history")).json()["entries"] == []
    assert await house.state(ours) == "held"


async def test_all_that_is_held_of_a_campaign_is_decided_in_one_act(house: House) -> None:
    deliveries, campaign_id = await several_held(house, "clwyd", "clwyd", "dyfed")
    other, _ = await held(house, "clwyd")
    body = {"campaign_id": campaign_id, "decision": "rejected"}
    async with client(house, "deliveries:read") as reader:
        assert (await reader.post("/held/release", json=body)).status_code == 403
    async with client(house, "sending:stop", branch="clwyd") as clwyd:
        with capture_logs() as lines:
            assert (await clwyd.post("/held/release", json=body)).json() == {"deliveries": 2}
    (said,) = [line for line in lines if line["event"] == "held deliveries of a campaign decided"]
    assert (said["deliveries"], said["campaign_id"], said["decision"]) == (2, campaign_id, "rejected")
    assert said["client"]
    assert [await house.state(delivery) for delivery in deliveries] == ["rejected", "rejected", "held"]
    async with client(house, "sending:stop") as operator:
        again = body | {"decision": "resend"}
        assert (await operator.post("/held/release", json=again)).json() == {"deliveries": 1}
        assert (await operator.post("/held/release", json=again)).json() == {"deliveries": 0}
        unclear = await operator.post("/held/release", json=body | {"decision": "perhaps"})
        assert (unclear.status_code, unclear.json()["errors"][0]["field"]) == (422, "decision")
    assert await house.state(deliveries[2]) != "held"
    assert await house.state(other) == "held"


async def test_a_page_of_held_deliveries_says_where_the_next_begins(house: House) -> None:
    wanted = {str((await held(house, "ceredigion"))[0]) for _ in range(3)}
    seen: set[str] = set()
    async with client(house, "deliveries:read", branch="ceredigion") as reader:
        after: dict[str, str] = {}
        while True:
            page = (await reader.get("/held", params={"limit": "2", **after})).raise_for_status().json()
            seen |= {item["delivery_id"] for item in page["items"]}
            if page["next"] is None:
                break
            after = {"after": page["next"]}
    assert seen == wanted


async def test_a_members_history_names_campaign_consent_attempts_and_outcome(house: House) -> None:
    person, wanted = await house.member(), await house.campaign()
    delivery = await house.ask(wanted, person)
    await house.settled(delivery, "accepted")
    async with client(house, "history:read") as reader:
        history = (await reader.get(f"/members/{person.member_id}/history")).raise_for_status().json()
    (entry,) = history["entries"]
    assert (history["member_id"], history["service"]) == (str(person.member_id), "dispatch-sms")
    assert (entry["what"], entry["status"], entry["attempts"]) == ("delivery", "accepted", 1)
    assert entry["campaign_id"] == str(wanted.campaign_id)
    assert entry["consent_id"] == str(person.consents[0].consent_id)
    assert [step["status"] for step in entry["passed"]] == ["sending", "accepted"]


async def test_a_long_history_is_answered_in_pages_the_latest_first(house: House) -> None:
    person = await house.member()
    asked = [await house.ask(await house.campaign(), person) for _ in range(3)]
    for delivery in asked:
        await house.settled(delivery, "accepted")
    async with client(house, "history:read") as reader:
        path = f"/members/{person.member_id}/history"
        whole = (await reader.get(path)).raise_for_status().json()
        paged = await pages(reader, path, "before", "entries", limit=1)
    assert whole["next"] is None
    assert paged == whole["entries"][::-1]
    assert {entry["delivery_id"] for entry in paged} == set(map(str, asked))


async def test_deliveries_are_counted_by_state(house: House) -> None:
    person, wanted = member(granted=False), await house.campaign()
    await house.world.publish(topics.MEMBERS, str(person.member_id), person)
    delivery = await house.ask(wanted, person)
    events = await house.told(delivery, "skipped")
    assert isinstance(events[0], DeliverySkipped)
    assert events[0].reason == "no_consent"
    await house.settled(await house.ask(wanted, await house.member(), branch="gwent"), "accepted")
    of_campaign = {"campaign_id": str(wanted.campaign_id)}
    async with client(house, "deliveries:read") as reader:
        assert (await reader.get("/deliveries/counts", params=of_campaign)).json() == {"skipped": 1, "accepted": 1}
    async with client(house, "deliveries:read", branch="gwent") as gwent:
        assert (await gwent.get("/deliveries/counts", params=of_campaign)).json() == {"accepted": 1}


async def test_the_ledger_is_not_read_to_be_counted(house: House) -> None:
    wanted = await house.campaign()
    await house.settled(await house.ask(wanted, await house.member()), "accepted")
    (row,) = await house.rows("SELECT state, count(*) AS n FROM deliveries GROUP BY 1 HAVING state = 'accepted'")
    async with house.database.transaction() as session, client(house, "deliveries:read") as reader:
        await session.execute(text("LOCK TABLE deliveries IN ACCESS EXCLUSIVE MODE"))
        assert (await reader.get("/deliveries/counts")).json()["accepted"] == row.n


async def test_an_urgent_request_has_a_way_of_its_own(house: House) -> None:
    person, wanted = await house.member(), await house.campaign(urgent=True)
    delivery = await house.ask(wanted, person)
    await house.settled(delivery, "accepted")
    read = await house.world.read(topics.SMS_REQUESTS_URGENT)
    assert len(read) == 1


async def test_the_gauges_tell_how_the_ledger_stands(house: House) -> None:
    before = await eventually(lambda: house.rows("SELECT count(*) AS n FROM deliveries WHERE state = 'held'"))
    await held(house, "gwynedd")
    await eventually(lambda: house.count("held_open") == before[0].n + 1)
