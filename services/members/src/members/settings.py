"""What members reads from its environment."""

from datetime import timedelta
from typing import ClassVar

from chassis.settings import ServiceSettings
from members.domain.input_context import SENSITIVE_INTERESTS
from pydantic import Field


class Settings(ServiceSettings):
    """Read once at the start."""

    service: ClassVar[str] = "members"

    default_phone_region: str = Field(default="GB", pattern=r"^[A-Z]{2}$")
    sensitive_interests: frozenset[str] = SENSITIVE_INTERESTS
    import_max_bytes: int = Field(default=512 * 1024 * 1024, ge=1)
    tombstone_after: timedelta = timedelta(days=8)
    """After an erasure was last published (see service/maintenance.py)."""
    leaver_contact_days: float = Field(default=365, ge=1)
    """How long numbers, addresses, interests and birthday are kept after a member left; for this and the next see
    docs/retention.md."""
    leaver_days: float = Field(default=2557, ge=1)
    history_days: float = Field(default=2557, ge=1)
    event_key_days: float = Field(default=90, ge=1)
    segmenter_url: str = ""
    dispatch_sms_url: str = ""
    dispatch_email_url: str = ""
    ballot_url: str = ""
    history_timeout_seconds: float = Field(default=2.0, gt=0)
    """How long each of them has to answer with its history of a member."""

    @property
    def history_urls(self) -> dict[str, str]:
        """Addresses of the services that have a history of a member, by name."""
        return {
            "segmenter": self.segmenter_url,
            "dispatch-sms": self.dispatch_sms_url,
            "dispatch-email": self.dispatch_email_url,
            "ballot": self.ballot_url,
        }
