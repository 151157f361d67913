"""A day begins and ends in the union's own zone."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from chassis.clock import Clock
from members.app import build
from members.domain.input_context import SENSITIVE_INTERESTS, InputContext
from members.settings import Settings

from tests.members.roll_files import person, read_roll, roll
from tests.support.world import World

HALF_PAST_MIDNIGHT_IN_LONDON = datetime(2026, 6, 30, 23, 30, tzinfo=UTC)


def test_the_clock_shows_the_unions_day() -> None:
    london, auckland = ZoneInfo("Europe/London"), ZoneInfo("Pacific/Auckland")
    days = [Clock(HALF_PAST_MIDNIGHT_IN_LONDON, zone).today().isoformat() for zone in (UTC, london, auckland)]
    assert days == ["2026-06-30", "2026-07-01", "2026-07-01"]


async def test_a_day_lies_in_the_future_only_where_the_union_is(world: World) -> None:
    given = {"clock_start": HALF_PAST_MIDNIGHT_IN_LONDON}
    async with world.running(build, world.settings(Settings, **given)) as http:
        named = {"given_name": "Ann", "family_name": "Lee"}
        answers = [
            await http.post("/members", json=named | {"membership_number": day, "birthday": day})
            for day in ("2026-07-01", "2026-07-02")
        ]
    assert [answer.status_code for answer in answers] == [201, 422]


def test_a_date_in_a_roll_is_a_day_of_the_union() -> None:
    context = InputContext(HALF_PAST_MIDNIGHT_IN_LONDON, "GB", SENSITIVE_INTERESTS, ZoneInfo("Europe/London"))
    consent = {"mobile": "+447400123456", "consent_sms": "yes", "consent_wording": "w", "consent_at": "2026-07-01"}
    content = read_roll(roll([person("1", birthday="2026-07-01", **consent)]), context)
    assert content.rejections == []
    (row,) = content.rows
    assert [each.at.isoformat() for each in row.submitted.evidence] == ["2026-06-30T23:00:00+00:00"]
