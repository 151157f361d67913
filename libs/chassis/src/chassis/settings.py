"""What every service reads from its environment. Missing or weak secrets stop the start."""

from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self
from zoneinfo import ZoneInfo

from chassis.signed_links import SignedLinks
from contracts.ids import Ids, Pseudonyms, address_hash
from pydantic import AfterValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

POOL = 5
"""Connections to the database that a process keeps, if not set otherwise."""


def strong(secret: SecretStr) -> SecretStr:
    """At least 32 characters, at least 10 different ones, and no word that a sample file would hold."""
    value = secret.get_secret_value()
    if len(value) < 32:
        raise ValueError("needs at least 32 characters")
    if len(set(value)) < 10 or any(word in value.lower() for word in ("changeme", "secret", "password", "example")):
        raise ValueError("is too easy to guess: use a random one, such as from `openssl rand -hex 32`")
    return secret


Secret = Annotated[SecretStr, AfterValidator(strong)]


class BrokerSettings(BaseSettings):
    """Where the broker is and how it is spoken to."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)
    service: ClassVar[str]

    kafka_bootstrap_servers: str = ""
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    kafka_sasl_username: str = ""
    kafka_sasl_password: SecretStr = SecretStr("")
    topic_prefix: str = ""
    """Set apart by tests, so that they share one broker."""


class ServiceSettings(BrokerSettings):
    """Read once at the start, then never changed."""

    environment: Literal["production", "development", "test"] = "production"
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    metrics_port: int = Field(default=0, ge=0, le=65535)
    """0 takes a free port."""
    public_url: str = ""
    """The address under which the outside reaches this service; signatures and links cover it."""
    trusted_proxies: str = Field(default="", pattern=r"^[0-9a-fA-F.:/, ]*$")
    """Addresses or networks of the ingress, with commas; X-Forwarded-For is believed from them only."""
    database_url: str = ""
    read_timeout_seconds: float = Field(default=15, gt=0)
    """For each statement of a GET; it is answered 503 "Took too long" then. What writes and what runs in the background
    has no such limit."""
    database_pool: int = Field(default=POOL, ge=POOL)
    """Connections that a process keeps open; three times as many come on top while they are needed. docs/scaling.md has
    the sums."""
    kafka_session_timeout_ms: int = 30_000
    group_instance: str = ""
    """Slot of this replica (a pod's ordinal) for static group membership; empty: dynamic."""
    state_dir: Path = Path(".muster/state")
    clock_start: datetime | None = None
    time_zone: ZoneInfo = ZoneInfo("Europe/London")
    """IANA name of the union's own zone, in which a day begins and ends."""
    token_issuer: str = "muster"  # noqa: S105 - a name
    token_audience: str = "muster"  # noqa: S105 - a name
    jwks_url: str = ""
    id_secret: Secret
    pseudonym_secret: Secret
    pseudonym_key_id: str = Field(default="1", min_length=1)
    address_secret: Secret
    link_secret: Secret
    otlp_endpoint: str = ""
    log_format: Literal["json", "console"] = "json"
    log_level: str = "INFO"
    max_body_bytes: int = Field(default=1_000_000, ge=1)
    drain_seconds: float = 45.0
    failpoints: str = ""
    """Crash tests only, see chassis.failpoints."""

    @model_validator(mode="after")
    def _no_failpoints_in_production(self) -> Self:
        if self.failpoints and self.environment == "production":
            raise ValueError("failpoints: production has none")
        return self

    @cached_property
    def ids(self) -> Ids:
        return Ids(self.id_secret.get_secret_value().encode())

    @cached_property
    def pseudonyms(self) -> Pseudonyms:
        return Pseudonyms(self.pseudonym_secret.get_secret_value().encode(), self.pseudonym_key_id)

    @cached_property
    def links(self) -> SignedLinks:
        return SignedLinks(self.link_secret.get_secret_value().encode())

    def hash_address(self, channel: str, address: str) -> str:
        """What a suppression is stored under."""
        return address_hash(self.address_secret.get_secret_value().encode(), channel, address)
