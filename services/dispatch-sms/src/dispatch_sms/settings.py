"""What the SMS dispatcher reads from its environment."""

from typing import Annotated, ClassVar

from chassis.default_rates import TEXT_PARTS_A_SECOND
from dispatch.settings import DispatchSettings
from pydantic import AfterValidator, Field, SecretStr


def issued(token: SecretStr) -> SecretStr:
    """As Twilio issues it. Our own rule for secrets would refuse one of ten thousand: hex has few different digits."""
    value = token.get_secret_value()
    if len(value) < 32 or not value.isalnum() or len(set(value)) < 6:
        raise ValueError("is not an auth token: Twilio's have 32 hex digits")
    return token


class Settings(DispatchSettings):
    """Twilio's account, the rate it allows us, and in whose name keywords are answered."""

    service: ClassVar[str] = "dispatch-sms"
    channel: ClassVar[str] = "sms"

    public_url: str = Field(pattern=r"^https?://[^\s?#]+[^\s?#/]$")
    """Twilio signs its webhooks over this address, and status callbacks come to it."""
    twilio_account_sid: str = Field(pattern=r"^AC[0-9a-f]{32}$")
    twilio_auth_token: Annotated[SecretStr, AfterValidator(issued)]
    twilio_base_url: str = Field(default="https://api.twilio.com", pattern=r"^https?://[^\s?#]+$")
    twilio_sender: str = ""
    """Number or messaging service for campaigns that name no sender."""
    connect_timeout_seconds: float = Field(default=5, gt=0)
    refusal_wait_seconds: float = Field(default=60, gt=0)
    """First wait after a refusal that we must mend; for a fault of the sender it doubles, to half an hour at most."""
    sms_rate_per_second: float = Field(default=TEXT_PARTS_A_SECOND, gt=0)
    """Text parts, over all replicas."""
    union_name: str = Field(default="Your union", min_length=1, max_length=60)
    help_contact: str = Field(default="", max_length=60)
    """Said in the answer to HELP, such as a telephone number or a page."""

    @property
    def rate_per_second(self) -> float:
        """Parts a second."""
        return self.sms_rate_per_second

    @property
    def default_sender(self) -> str:
        """Number or messaging service."""
        return self.twilio_sender
