"""What dispatch-email reads from its environment."""

from functools import cached_property
from typing import ClassVar, Literal, Self

from chassis.default_rates import MAILS_A_SECOND
from dispatch.settings import DispatchSettings
from dispatch_email.domain.return_path import ReturnPaths
from dispatch_email.domain.signing_key import Key, load
from pydantic import Field, SecretStr, model_validator


class Settings(DispatchSettings):
    """A deadline fits ten minutes of waiting for the answer to a dot; what is in doubt is held for a person."""

    service: ClassVar[str] = "dispatch-email"
    channel: ClassVar[str] = "email"
    expects_receipts: ClassVar[bool] = False
    lists: ClassVar[bool] = False

    smtp_host: str = "127.0.0.1"
    smtp_port: int = Field(default=587, ge=1, le=65535)
    smtp_username: str = ""
    smtp_password: SecretStr = SecretStr("")
    smtp_tls: Literal["required", "opportunistic", "none", "implicit"] = "required"
    """`required` refuses a server that offers no STARTTLS; `opportunistic` takes it unchecked where offered."""
    smtp_ca_file: str = ""
    """Certificates to trust instead of the system's."""
    smtp_connections: int = Field(default=8, ge=1, le=200)
    smtp_messages_per_connection: int = Field(default=100, ge=1)
    smtp_idle_seconds: float = Field(default=30.0, gt=0)
    smtp_timeout_seconds: float = Field(default=30.0, gt=0)
    """For each command."""
    smtp_offer_seconds: float = Field(default=50.0, gt=0)
    """For everything before the final dot together, a wait for a free connection included."""
    smtp_answer_seconds: float = Field(default=600.0, gt=0)
    """For the answer to the final dot (RFC 5321 4.5.3.2.6)."""
    smtp_retry_seconds: float = Field(default=60.0, gt=0)
    """First wait after a 4xx; doubles with every try up to half an hour."""
    smtp_reconnect_seconds: float = Field(default=5.0, gt=0)
    """Wait after a connection that failed before the dot."""
    smtp_notify_success: bool = False
    """Ask for a report of every delivery too (DSN NOTIFY=SUCCESS): one more message for each one sent."""
    email_rate_per_second: float = Field(default=MAILS_A_SECOND, gt=0)

    mail_domain: str = Field(default="localhost.localdomain", pattern=r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$")
    """Domain of Message-ID, of the return path and of the union's own sender."""
    mail_from: str = ""
    bounce_host: str = "127.0.0.1"
    bounce_port: int = Field(default=2525, ge=0, le=65535)
    bounce_max_bytes: int = Field(default=1_000_000, ge=10_000)
    bounce_connections: int = Field(default=50, ge=1)
    bounce_timeout_seconds: float = Field(default=60.0, gt=0)
    mail_from_members_days: int = Field(default=90, ge=1)
    """How long what a member wrote to the return path waits for a person."""
    stray_mail_days: int = Field(default=400, ge=1)
    ledger_days: float = Field(default=400, ge=400)
    """At least as long as unsubscribe links are valid."""

    dkim_domain: str = ""
    dkim_rsa_selector: str = ""
    dkim_rsa_key: SecretStr = SecretStr("")
    """PEM. Without a key nothing is signed here (the relay may)."""
    dkim_ed25519_selector: str = ""
    dkim_ed25519_key: SecretStr = SecretStr("")
    dkim_processes: int = Field(default=1, ge=1, le=32)

    deadline_seconds: float = Field(default=720.0, gt=0)
    call_timeout_seconds: float = Field(default=670.0, gt=0)
    doubt_seconds: float = Field(default=900.0, gt=0)
    late_accept_seconds: float = Field(default=600.0, ge=0)
    list_lag_seconds: float = Field(default=0.0, ge=0)
    in_doubt_policy: Literal["resend", "hold"] = "hold"

    @property
    def rate_per_second(self) -> float:
        """Messages."""
        return self.email_rate_per_second

    @property
    def default_sender(self) -> str:
        """In whose name a message goes out when the campaign names nobody."""
        return self.mail_from or f"union@{self.mail_domain}"

    @cached_property
    def return_paths(self) -> ReturnPaths:
        """The addresses that bounces come back to."""
        return ReturnPaths(self.link_secret.get_secret_value().encode(), self.mail_domain)

    @cached_property
    def dkim_keys(self) -> tuple[Key, ...]:
        """All keys that are set; both kinds sign."""
        domain = self.dkim_domain or self.mail_domain
        pairs = ((self.dkim_rsa_selector, self.dkim_rsa_key), (self.dkim_ed25519_selector, self.dkim_ed25519_key))
        return tuple(load(key.get_secret_value(), domain=domain, selector=name) for name, key in pairs if name)

    @model_validator(mode="after")
    def _reaches_people(self) -> Self:
        """RFC 8058: one-click needs HTTPS; and a bounce needs a domain of ours to come back to."""
        if self.environment == "production":
            if not self.public_url.startswith("https://"):
                raise ValueError("PUBLIC_URL must be the https:// address that members' unsubscribe links lead to")
            if "mail_domain" not in self.model_fields_set:
                raise ValueError("MAIL_DOMAIN is missing: the domain of messages' ids and of the return path")
        return self

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.smtp_username and self.smtp_tls in {"opportunistic", "none"}:
            raise ValueError("SMTP_USERNAME needs SMTP_TLS=required or implicit: a password never goes in the clear")
        if self.smtp_offer_seconds + self.smtp_answer_seconds > self.call_timeout_seconds:
            raise ValueError("SMTP_OFFER_SECONDS and SMTP_ANSWER_SECONDS together are over CALL_TIMEOUT_SECONDS")
        for name, key in (("RSA", self.dkim_rsa_key), ("ED25519", self.dkim_ed25519_key)):
            if bool(key.get_secret_value()) != bool(getattr(self, f"dkim_{name.lower()}_selector")):
                raise ValueError(f"DKIM_{name}_SELECTOR and DKIM_{name}_KEY are set together or not at all")
        return self._loaded()

    def _loaded(self) -> Self:
        """A key that cannot be read stops the start."""
        _ = self.dkim_keys
        return self
