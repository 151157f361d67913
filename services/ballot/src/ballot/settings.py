"""Ballot's settings beside those that every service has."""

from datetime import timedelta
from typing import ClassVar

from chassis.settings import ServiceSettings
from pydantic import Field


class Settings(ServiceSettings):
    """Read from the environment once at the start, then never changed."""

    service: ClassVar[str] = "ballot"

    provider_keywords: bool = True
    """Whether the SMS provider handles END, CANCEL, YES … itself; the same value as the dispatchers have."""
    count_grace_seconds: float = Field(default=60.0, ge=0)
    """Wait between a closing and the look-up of the end of `replies`: for clock differences between servers and for
    replies that still lie in the dispatchers' outboxes."""
    scheduler_seconds: float = Field(default=1.0, gt=0)
    """Interval at which polls that are due to open, close or be counted are looked up."""

    poll_days: float = Field(default=400, ge=31)
    """How long a poll is kept after its closing, with its answers; see docs/retention.md for this and the next."""
    declared_ballot_days: float = Field(default=2192, ge=31)

    @property
    def count_grace(self) -> timedelta:
        """`count_grace_seconds` as a span of time."""
        return timedelta(seconds=self.count_grace_seconds)
