"""Waits between tries."""

from datetime import timedelta

from dispatch.sending.backoff import seconds_to_wait, wait_by_age


def test_waits_double_up_to_half_an_hour() -> None:
    assert [seconds_to_wait(60, tries) for tries in (0, 1, 2, 3, 6, 500)] == [60, 60, 120, 240, 1800, 1800]


def test_what_keeps_no_count_waits_as_long_again_as_it_has_waited() -> None:
    waits = [wait_by_age(timedelta(seconds=age)).total_seconds() for age in (-5, 0, 29, 90, 1800, 86_400)]
    assert waits == [30, 30, 30, 90, 1800, 1800]
