"""When a member may be disturbed, by the clock on their own wall."""

from datetime import UTC, datetime, time, timedelta

import pytest
from dispatch.sending.gate.quiet_hours import QuietHours, zone_of
from hypothesis import given
from hypothesis import strategies as st

NIGHT = QuietHours(time(21), time(8))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_by_day_now_is_as_good_as_any() -> None:
    assert NIGHT.next_allowed(at("2026-03-02T12:00"), "Europe/London") == at("2026-03-02T12:00")


@pytest.mark.parametrize(
    ("now", "zone", "allowed"),
    [
        ("2026-01-10T21:00", "Europe/London", "2026-01-11T08:00"),
        ("2026-01-10T07:59:59", "Europe/London", "2026-01-10T08:00"),
        ("2026-07-10T20:30", "Europe/London", "2026-07-11T07:00"),
        ("2026-01-10T08:30", "America/New_York", "2026-01-10T13:00"),
        ("2026-01-10T12:00", "Pacific/Auckland", "2026-01-10T19:00"),
    ],
)
def test_at_night_it_waits_for_the_members_own_morning(now: str, zone: str, allowed: str) -> None:
    assert NIGHT.next_allowed(at(now), zone) == at(allowed)


@pytest.mark.parametrize(
    ("now", "zone", "quiet"),
    [
        ("2026-01-10T12:00", "Europe/London", "2026-01-10T21:00"),
        ("2026-01-10T21:00", "Europe/London", "2026-01-11T21:00"),
        ("2026-07-10T12:00", "Europe/London", "2026-07-10T20:00"),
        ("2026-01-10T12:00", "Pacific/Auckland", "2026-01-11T08:00"),
    ],
)
def test_it_becomes_quiet_at_the_members_own_evening(now: str, zone: str, quiet: str) -> None:
    assert NIGHT.next_quiet(at(now), zone) == at(quiet)
    assert QuietHours(time(8), time(8)).next_quiet(at(now), zone) is None


def test_a_night_with_a_spring_change_is_an_hour_shorter() -> None:
    assert NIGHT.next_allowed(at("2026-03-28T22:00"), "Europe/London") == at("2026-03-29T07:00")


def test_a_night_with_an_autumn_change_is_an_hour_longer() -> None:
    assert NIGHT.next_allowed(at("2026-10-24T22:00"), "Europe/London") == at("2026-10-25T08:00")


def test_a_time_that_the_clock_jumps_over_is_the_moment_of_the_jump() -> None:
    until_half_past_one = QuietHours(time(21), time(1, 30))
    assert until_half_past_one.next_allowed(at("2026-03-28T23:00"), "Europe/London") == at("2026-03-29T01:00")


def test_a_time_that_comes_twice_is_the_first_of_them_still_to_come() -> None:
    until_half_past_one = QuietHours(time(21), time(1, 30))
    assert until_half_past_one.next_allowed(at("2026-10-24T23:00"), "Europe/London") == at("2026-10-25T00:30")
    assert until_half_past_one.next_allowed(at("2026-10-25T01:10"), "Europe/London") == at("2026-10-25T01:30")


def test_a_zone_that_nobody_knows_is_taken_for_london() -> None:
    assert zone_of("Mars/Olympus").key == "Europe/London"
    assert zone_of("").key == "Europe/London"
    assert zone_of("../../etc/passwd").key == "Europe/London"


def test_equal_ends_mean_that_it_is_never_quiet() -> None:
    assert QuietHours(time(8), time(8)).next_allowed(at("2026-01-10T03:00"), "UTC") == at("2026-01-10T03:00")


@given(
    now=st.datetimes(min_value=datetime(2024, 1, 1), max_value=datetime(2030, 1, 1)),  # noqa: DTZ001 - made aware below
    zone=st.sampled_from(["Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]),
    start=st.times(),
    end=st.times(),
)
def test_the_allowed_moment_is_not_quiet_and_within_a_day_or_so(
    now: datetime, zone: str, start: time, end: time
) -> None:
    quiet, moment = QuietHours(start, end), now.replace(tzinfo=UTC)
    allowed = quiet.next_allowed(moment, zone)
    assert moment <= allowed <= moment + timedelta(hours=25)
    assert quiet.next_allowed(allowed, zone) == allowed
