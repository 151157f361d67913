"""What access reads from its environment."""

from typing import ClassVar

from chassis.settings import Secret, ServiceSettings
from pydantic import Field


class Settings(ServiceSettings):
    """Read once at the start."""

    service: ClassVar[str] = "access"

    token_key_secret: Secret
    """Encrypts the private signing keys at rest."""
    token_seconds: int = Field(default=3600, ge=60, le=86_400)
    token_tries_a_minute: int = Field(default=60, ge=1)
    """Failed attempts at the token endpoint of one client from one address; ten times as many from one address."""
    token_attempt_days: float = Field(default=1, ge=1)
    """How long the rate of failed attempts is kept."""
