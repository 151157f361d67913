"""What members reads from its environment."""

from datetime import timedelta
from typing import ClassVar

from chassis.settings import Secret, ServiceSettings
from members.domain.members import SENSITIVE
from pydantic import Field


class Settings(ServiceSettings):
    """Read once at the start."""

    service: ClassVar[str] = "members"

    token_key_secret: Secret
    """Seals the private signing keys at rest."""
    token_seconds: int = Field(default=3600, ge=60, le=86_400)
    token_tries_a_minute: int = Field(default=60, ge=1)
    """Failed tries at the token endpoint of one client from one address; ten times as many from one address."""
    default_phone_region: str = Field(default="GB", pattern=r"^[A-Z]{2}$")
    sensitive_interests: frozenset[str] = SENSITIVE
    import_max_bytes: int = Field(default=64 * 1024 * 1024, ge=1)
    tombstone_after: timedelta = timedelta(days=8)
    """After an erasure (see service/upkeep.py)."""
    segmenter_url: str = ""
    dispatch_sms_url: str = ""
    dispatch_email_url: str = ""
    ballot_url: str = ""
    neighbour_seconds: float = Field(default=2.0, gt=0)
    """How long each of them has to say what it knows of a member."""

    @property
    def neighbours(self) -> dict[str, str]:
        """Who else knows something of a member's history, by name, with the address."""
        return {
            "segmenter": self.segmenter_url,
            "dispatch-sms": self.dispatch_sms_url,
            "dispatch-email": self.dispatch_email_url,
            "ballot": self.ballot_url,
        }
