"""Which processes make up Muster on one machine, and what each finds in its environment."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from local_stack.ports import HOST


@dataclass(frozen=True, slots=True)
class Service:
    """One service. `port` is taken when it is free."""

    name: str
    port: int
    database: bool = True

    @property
    def module(self) -> str:
        """What `python -m` runs, and the database's name."""
        return self.name.replace("-", "_")


SERVICES = (
    Service("sandbox", 8010, database=False),
    Service("members", 8001),
    Service("segmenter", 8002),
    Service("dispatch-sms", 8003),
    Service("dispatch-email", 8004),
    Service("ballot", 8005),
)
BY_NAME = {service.name: service for service in SERVICES}
_SHARED_SECRETS = ("ID_SECRET", "PSEUDONYM_SECRET", "ADDRESS_SECRET", "LINK_SECRET")
SMTP_PORT, BOUNCE_PORT = 8025, 8026
_TRY_AGAIN = "#rc=5&rp=all"
"""Twilio's connection overrides: five more tries, after every kind of failure. Without them a text is tried once."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where everything is once the ports are known."""

    root: Path
    bootstrap: str
    ports: Mapping[str, int]
    databases: Mapping[str, str]

    def url(self, service: str) -> str:
        """Base address of a service."""
        return f"http://{HOST}:{self.ports[service]}"


@dataclass(frozen=True, slots=True)
class RunningClock:
    """Business time: real speed from `start`. A process that starts later, or again, gets what it is by then."""

    start: datetime | None
    since: datetime = field(default_factory=lambda: datetime.now(UTC))

    def now(self) -> datetime:
        """What a service that starts now is to take for the time."""
        moment = datetime.now(UTC)
        return moment if self.start is None else self.start + (moment - self.since)

    def environment(self) -> dict[str, str]:
        """Empty for the real time."""
        return {} if self.start is None else {"CLOCK_START": self.now().isoformat()}


def next_weekday_noon(now: datetime) -> datetime:
    """Noon UTC of the first working day after `now`: no quiet hours anywhere near London."""
    day = now.astimezone(UTC).replace(hour=12, minute=0, second=0, microsecond=0) + timedelta(days=1)
    while day.weekday() > 4:
        day += timedelta(days=1)
    return day


def environment(service: Service, places: Places, secrets: Mapping[str, str], log_format: str) -> dict[str, str]:
    """What one service is told, but for the clock and the replica's own names."""
    return {
        **_common(service, places, log_format),
        **{name: secrets[name] for name in _SHARED_SECRETS},
        **_OWN[service.name](places, secrets),
    }


def _common(service: Service, places: Places, log_format: str) -> dict[str, str]:
    found = {
        "ENVIRONMENT": "development",
        "HOST": HOST,
        "PORT": str(places.ports[service.name]),
        "METRICS_PORT": "0",
        "PUBLIC_URL": places.url(service.name),
        "KAFKA_BOOTSTRAP_SERVERS": places.bootstrap,
        "KAFKA_SESSION_TIMEOUT_MS": "10000",
        "STATE_DIR": str(places.root / "state"),
        "JWKS_URL": f"{places.url('members')}/.well-known/jwks.json",
        "LOG_FORMAT": log_format,
    }
    if service.database:
        found["DATABASE_URL"] = places.databases[service.name]
    return found


def _members(places: Places, secrets: Mapping[str, str]) -> dict[str, str]:
    peers = ("segmenter", "dispatch-sms", "dispatch-email", "ballot")
    addresses = {f"{peer.replace('-', '_').upper()}_URL": places.url(peer) for peer in peers}
    return addresses | {"TOKEN_KEY_SECRET": secrets["TOKEN_KEY_SECRET"]}


def _segmenter(places: Places, _: Mapping[str, str]) -> dict[str, str]:
    return {"BALLOT_URL": places.url("ballot")}


def _twilio(secrets: Mapping[str, str]) -> dict[str, str]:
    return {name: secrets[name] for name in ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN")}


def _sms(places: Places, secrets: Mapping[str, str]) -> dict[str, str]:
    return {
        **_twilio(secrets),
        "BALLOT_URL": places.url("ballot"),
        "TWILIO_BASE_URL": places.url("sandbox"),
        "TWILIO_SENDER": "+447700900000",
        "PROVIDER_KEYWORDS": "false",
        "UNION_NAME": "The Lecturers' Union",
    }


def _email(places: Places, _: Mapping[str, str]) -> dict[str, str]:
    return {
        "BALLOT_URL": places.url("ballot"),
        "SMTP_HOST": HOST,
        "SMTP_PORT": str(places.ports["smtp"]),
        "SMTP_TLS": "none",
        "MAIL_DOMAIN": "union.example.org",
        "BOUNCE_HOST": HOST,
        "BOUNCE_PORT": str(places.ports["bounce"]),
    }


def _ballot(_: Places, __: Mapping[str, str]) -> dict[str, str]:
    return {"PROVIDER_KEYWORDS": "false"}


def _sandbox(places: Places, secrets: Mapping[str, str]) -> dict[str, str]:
    return {
        **_twilio(secrets),
        "SMTP_PORT": str(places.ports["smtp"]),
        "JOURNAL_DIR": str(places.root / "journal"),
        "DSN_TARGET": f"{HOST}:{places.ports['bounce']}",
        "INBOUND_URL": f"{places.url('dispatch-sms')}/webhooks/twilio/inbound{_TRY_AGAIN}",
    }


_OWN = {
    "members": _members,
    "segmenter": _segmenter,
    "dispatch-sms": _sms,
    "dispatch-email": _email,
    "ballot": _ballot,
    "sandbox": _sandbox,
}
