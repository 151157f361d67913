"""Waits between tries."""

from dispatch.domain.backoff import seconds_to_wait


def test_waits_double_up_to_half_an_hour() -> None:
    assert [seconds_to_wait(60, tries) for tries in (0, 1, 2, 3, 6, 500)] == [60, 60, 120, 240, 1800, 1800]
