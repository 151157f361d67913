"""A roll lifts a STOP only where the caller confirms it, and never by the date of its export."""

from datetime import UTC, date, datetime
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from contracts import topics
from contracts.events.replies import ReplyReceived
from members.domain.imports.stops import consent_days, export_days
from members.domain.input_context import SENSITIVE_INTERESTS, InputContext

from tests.members.import_requests import apply, check, one
from tests.members.roll_files import person, read_roll, roll
from tests.members.sample_members import joined
from tests.members.service import Running
from tests.support.facts import eventually
from tests.support.world import World

STOP = {
    "channel": "sms",
    "purposes": ["campaign", "survey"],
    "granted": False,
    "source": "letter",
    "wording_version": "1",
    "at": "2026-01-10T10:00:00Z",
}
CONTEXT = InputContext(datetime(2026, 3, 1, 12, tzinfo=UTC), "GB", SENSITIVE_INTERESTS)


def consenting(number: str, day: str, **cells: str) -> dict[str, str]:
    consent = {"consent_sms": "campaign;service", "consent_wording": "2026-02", "consent_at": day}
    return person(number, **consent, **cells)


async def stopped(members: Running, number: str) -> None:
    await joined(members, number, consents=[STOP], interests=[])


async def granted(members: Running, number: str) -> set[str]:
    return {word["purpose"] for word in (await one(members, number))["consents"] if word["granted"]}


async def lifted(members: Running, report: dict[str, Any]) -> dict[str, Any]:
    return await apply(members, report["import_id"], lift_stops=True)


async def test_a_stop_stays_unless_lifting_is_confirmed(members: Running) -> None:
    await stopped(members, "P1")
    rows = roll([consenting("P1", "2026-02-01", job="tutor"), consenting("P2", "2026-02-01")])
    report = await check(members, rows)
    assert (report["stops"], report["stops_kept"]) == (1, 0)
    await apply(members, report["import_id"])
    assert await granted(members, "P1") == {"service"}
    assert await granted(members, "P2") == {"campaign", "service"}
    again = await check(members, rows)
    assert (again["stops"], again["unchanged"]) == (1, 2)
    await lifted(members, again)
    assert await granted(members, "P1") == {"campaign", "service"}


@pytest.mark.parametrize("others", [0, 12])
async def test_a_stop_is_never_lifted_by_a_date_that_is_only_the_exports(members: Running, others: int) -> None:
    """The day of the check in one roll, the day that most rows give in the other."""
    number = f"P3-{others}"
    await stopped(members, number)
    day = "2026-02-01" if others else members.clock.now().date().isoformat()
    report = await check(members, roll(consenting(each, day) for each in (number, *map(str, range(others)))))
    assert (report["stops"], report["stops_kept"]) == (0, 1)
    await lifted(members, report)
    assert await granted(members, number) == {"service"}


async def test_an_older_consent_lifts_nothing_and_is_not_counted(members: Running) -> None:
    await stopped(members, "P4")
    report = await check(members, roll([consenting("P4", "2026-01-09")]))
    assert (report["stops"], report["stops_kept"]) == (0, 0)


@pytest.mark.parametrize("confirmed", [False, True])
async def test_a_stop_of_an_address_counts_for_somebody_new_there(
    members: Running, world: World, confirmed: bool
) -> None:
    """Somebody new at the number: they were erased since their STOP, or somebody else had it."""
    number, mobile = f"P5-{confirmed}", f"07400 20050{int(confirmed)}"
    address_hash = members.settings.hash_address("sms", f"+44{mobile[1:].replace(' ', '')}")
    at = datetime(2026, 1, 20, 10, tzinfo=UTC)
    parts: dict[str, Any] = {"channel": "sms", "text": "STOP", "intent": "stop", "received_at": at}
    await world.publish(topics.REPLIES, "hash", ReplyReceived(reply_id=uuid4(), address_hash=address_hash, **parts))
    async with members.connected() as connection:
        query = "SELECT count(*) FROM stopped_addresses WHERE address_hash = $1"
        await eventually(partial(connection.fetchval, query, address_hash))
    rows = [consenting(number, "2026-02-01", mobile=mobile), consenting(f"{number}-other", "2026-02-01")]
    report = await check(members, roll(rows))
    assert (report["stops"], report["new"]) == (1, 2)
    await apply(members, report["import_id"], lift_stops=confirmed)
    assert await granted(members, number) == ({"campaign", "service"} if confirmed else set())
    assert await granted(members, f"{number}-other") == {"campaign", "service"}


def test_a_day_is_the_exports_if_a_tenth_of_the_rows_give_it_or_if_it_is_today() -> None:
    days = ["2026-02-01"] * 12 + ["2026-01-05"] * 11 + [f"2024-{day % 9 + 1:02}-{day // 9 + 1:02}" for day in range(97)]
    rows = read_roll(roll(consenting(str(number), day) for number, day in enumerate(days)), CONTEXT).rows
    assert export_days(consent_days(rows), CONTEXT.today) == [date(2026, 2, 1), date(2026, 3, 1)]
    assert export_days(consent_days(rows[:9]), CONTEXT.today) == [date(2026, 3, 1)]
