"""The services of the stack, and the environment of each."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from local_stack.ports import HOST


@dataclass(frozen=True, slots=True)
class Service:
    """One process of the stack. `port` is used if it is free; `worker_of` names the service whose background process
    it is."""

    name: str
    port: int
    database: bool = True
    """Whether it has one of its own."""
    worker_of: str = ""

    @property
    def service(self) -> str:
        """The service's name."""
        return self.worker_of or self.name

    @property
    def module(self) -> str:
        """What `python -m` runs, and the database's name."""
        return self.service.replace("-", "_")

    @property
    def arguments(self) -> tuple[str, ...]:
        """Of `python`."""
        return ("-m", self.module, *(["worker"] if self.worker_of else []))


SERVICES = (
    Service("sandbox", 8010, database=False),
    Service("access", 8007),
    Service("members", 8001),
    Service("segmenter", 8002),
    Service("segmenter-worker", 8006, database=False, worker_of="segmenter"),
    Service("dispatch-sms", 8003),
    Service("dispatch-email", 8004),
    Service("ballot", 8005),
)
BY_NAME = {service.name: service for service in SERVICES}
_SHARED_SECRETS = ("ID_SECRET", "PSEUDONYM_SECRET", "ADDRESS_SECRET", "LINK_SECRET")
SMTP_PORT, BOUNCE_PORT = 8025, 8026
_RETRY_ALL = "#rc=5&rp=all"
"""Twilio's connection overrides: five retries after any failure. Without them a webhook is called once."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """The addresses of all parts."""

    root: Path
    bootstrap: str
    ports: Mapping[str, int]
    databases: Mapping[str, str]

    def url(self, service: str) -> str:
        """Base address of a service."""
        return f"http://{HOST}:{self.ports[service]}"


@dataclass(frozen=True, slots=True)
class RunningClock:
    """Business time: real speed from `start` on. A process that starts later gets the time of that moment."""

    start: datetime | None
    since: datetime = field(default_factory=lambda: datetime.now(UTC))

    def now(self) -> datetime:
        """The present business time."""
        moment = datetime.now(UTC)
        return moment if self.start is None else self.start + (moment - self.since)

    def real(self, shown: datetime) -> datetime:
        """The real moment at which it showed this. A service's own clock is late by the time it took to start."""
        return shown if self.start is None else shown - (self.start - self.since)

    def environment(self) -> dict[str, str]:
        """Empty for the real time."""
        return {} if self.start is None else {"CLOCK_START": self.now().isoformat()}


def next_weekday_noon(now: datetime) -> datetime:
    """Noon UTC of the first working day after `now`: outside the quiet hours of London."""
    day = now.astimezone(UTC).replace(hour=12, minute=0, second=0, microsecond=0) + timedelta(days=1)
    while day.weekday() > 4:
        day += timedelta(days=1)
    return day


def environment(service: Service, addresses: Addresses, secrets: Mapping[str, str], log_format: str) -> dict[str, str]:
    """The environment of a service, without its clock and its replica's settings."""
    return {
        **_common(service, addresses, log_format),
        **{name: secrets[name] for name in _SHARED_SECRETS},
        **_BY_SERVICE[service.service](addresses, secrets),
    }


def _common(service: Service, addresses: Addresses, log_format: str) -> dict[str, str]:
    found = {
        "ENVIRONMENT": "development",
        "HOST": HOST,
        "PORT": str(addresses.ports[service.name]),
        "METRICS_PORT": "0",
        "PUBLIC_URL": addresses.url(service.service),
        "KAFKA_BOOTSTRAP_SERVERS": addresses.bootstrap,
        "KAFKA_SESSION_TIMEOUT_MS": "10000",
        "STATE_DIR": str(addresses.root / "state"),
        "JWKS_URL": f"{addresses.url('access')}/.well-known/jwks.json",
        "LOG_FORMAT": log_format,
    }
    if service.service in addresses.databases:
        found["DATABASE_URL"] = addresses.databases[service.service]
    return found


def _access(_: Addresses, secrets: Mapping[str, str]) -> dict[str, str]:
    return {"TOKEN_KEY_SECRET": secrets["TOKEN_KEY_SECRET"]}


def _members(addresses: Addresses, _: Mapping[str, str]) -> dict[str, str]:
    peers = ("segmenter", "dispatch-sms", "dispatch-email", "ballot")
    return {f"{peer.replace('-', '_').upper()}_URL": addresses.url(peer) for peer in peers}


def _segmenter(addresses: Addresses, _: Mapping[str, str]) -> dict[str, str]:
    dispatchers = {
        "DISPATCH_SMS_URL": addresses.url("dispatch-sms"),
        "DISPATCH_EMAIL_URL": addresses.url("dispatch-email"),
    }
    return {"BALLOT_URL": addresses.url("ballot"), **dispatchers}


def _twilio(secrets: Mapping[str, str]) -> dict[str, str]:
    return {name: secrets[name] for name in ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN")}


def _sms(addresses: Addresses, secrets: Mapping[str, str]) -> dict[str, str]:
    return {
        **_twilio(secrets),
        "BALLOT_URL": addresses.url("ballot"),
        "TWILIO_BASE_URL": addresses.url("sandbox"),
        "TWILIO_SENDER": "+447700900000",
        "PROVIDER_KEYWORDS": "false",
        "UNION_NAME": "The Lecturers' Union",
    }


def _email(addresses: Addresses, _: Mapping[str, str]) -> dict[str, str]:
    return {
        "BALLOT_URL": addresses.url("ballot"),
        "SMTP_HOST": HOST,
        "SMTP_PORT": str(addresses.ports["smtp"]),
        "SMTP_TLS": "none",
        "MAIL_DOMAIN": "union.example.org",
        "BOUNCE_HOST": HOST,
        "BOUNCE_PORT": str(addresses.ports["bounce"]),
    }


def _ballot(_: Addresses, __: Mapping[str, str]) -> dict[str, str]:
    return {"PROVIDER_KEYWORDS": "false"}


def _sandbox(addresses: Addresses, secrets: Mapping[str, str]) -> dict[str, str]:
    return {
        **_twilio(secrets),
        "SMTP_PORT": str(addresses.ports["smtp"]),
        "JOURNAL_DIR": str(addresses.root / "journal"),
        "DSN_TARGET": f"{HOST}:{addresses.ports['bounce']}",
        "INBOUND_URL": f"{addresses.url('dispatch-sms')}/webhooks/twilio/inbound{_RETRY_ALL}",
    }


_BY_SERVICE = {
    "access": _access,
    "members": _members,
    "segmenter": _segmenter,
    "dispatch-sms": _sms,
    "dispatch-email": _email,
    "ballot": _ballot,
    "sandbox": _sandbox,
}
