"""What the sandbox reads from its environment."""

from pathlib import Path
from typing import ClassVar, Self

from chassis.settings import ServiceSettings
from pydantic import Field, SecretStr, model_validator


class Settings(ServiceSettings):
    """Read once at the start. Those that may change while it runs are copied to `control.live_settings.LiveSettings`.

    The sandbox holds no secret of the installation: those that every service requires are empty here.
    """

    service: ClassVar[str] = "sandbox"

    id_secret: SecretStr = SecretStr("")
    pseudonym_secret: SecretStr = SecretStr("")
    address_secret: SecretStr = SecretStr("")
    link_secret: SecretStr = SecretStr("")
    sandbox_trial: bool = False
    """Allows the sandbox in a production environment: for trials, and only if it is set explicitly."""
    port: int = Field(default=8010, ge=0, le=65535)
    bulk_max_bytes: int = Field(default=32_000_000, ge=1)

    twilio_account_sid: str = Field(pattern=r"^AC[0-9a-f]{32}$")
    twilio_auth_token: SecretStr = Field(min_length=16)
    inbound_url: str = ""
    messaging_sender: str = "+447700900000"
    carrier_rate_per_second: float = Field(default=0.0, ge=0)
    """Text parts a sender may send in a second; 0 is no limit."""
    sent_delay: float = Field(default=0.05, ge=0)
    delivered_delay: float = Field(default=0.3, ge=0)
    callback_concurrency: int = Field(default=32, ge=1, le=1000)
    callback_retry_seconds: float = Field(default=0.4, gt=0)
    outcomes_by_number: bool = True
    kept: int = Field(default=300_000, ge=1)
    """Texts and mails kept in memory for lists; older ones are in the journal only."""

    journal_dir: Path = Path(".muster/journal")
    journal_fsync: bool = False
    """A line is written before the answer in any case, and survives the process; True: it survives the machine."""

    smtp_port: int = Field(default=8025, ge=0, le=65535)
    smtp_hostname: str = "sandbox.invalid"
    smtp_username: str = ""
    smtp_password: SecretStr = SecretStr("")
    smtp_tls_certificate: Path | None = None
    smtp_tls_key: Path | None = None
    smtp_max_bytes: int = Field(default=10_000_000, ge=1)
    dsn_target: str = Field(default="", pattern=r"^(|[^\s:]+:\d{1,5})$")
    """host:port of the server that takes bounces to the envelope senders."""
    bounce_delay: float = Field(default=0.5, ge=0)
    late_bounce_delay: float = Field(default=5.0, ge=0)

    @model_validator(mode="after")
    def _reaches_nobody(self) -> Self:
        if self.environment == "production" and not self.sandbox_trial:
            raise ValueError("the sandbox reaches nobody: in production it starts with SANDBOX_TRIAL=true only")
        if (self.smtp_tls_certificate is None) != (self.smtp_tls_key is None):
            raise ValueError("SMTP_TLS_CERTIFICATE and SMTP_TLS_KEY go together")
        return self
