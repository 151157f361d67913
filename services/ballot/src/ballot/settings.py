"""What ballot reads from its environment, beyond what every service reads."""

from datetime import timedelta
from typing import ClassVar

from chassis.settings import ServiceSettings
from pydantic import Field


class Settings(ServiceSettings):
    """Read once at the start, then never changed."""

    service: ClassVar[str] = "ballot"

    provider_keywords: bool = True
    """Whether the provider handles END, CANCEL, YES … itself; the same as the dispatchers'."""
    count_grace_seconds: float = Field(default=60.0, ge=0)
    """After the closing, before the end of `replies` is looked up: clock differences and the dispatchers' outboxes."""
    keeper_seconds: float = Field(default=1.0, gt=0)
    """How often due openings, closings and counts are looked for."""

    @property
    def count_grace(self) -> timedelta:
        """As a span of time."""
        return timedelta(seconds=self.count_grace_seconds)
