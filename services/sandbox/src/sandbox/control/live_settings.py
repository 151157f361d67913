"""The settings that may be changed while the sandbox runs."""

from pydantic import BaseModel, ConfigDict, Field
from sandbox.settings import Settings


class SettingsChange(BaseModel):
    """Any subset of the live settings."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"parts_per_second": 10, "delivered_delay": 0.5}]}
    )

    parts_per_second: float | None = Field(
        default=None, ge=0, description="Text parts that one sender may send in a second; 0 is no limit."
    )
    sent_delay: float | None = Field(default=None, ge=0, description="Seconds from acceptance of a text to `sent`.")
    delivered_delay: float | None = Field(
        default=None, ge=0, description="Seconds from acceptance of a text to `delivered` or `undelivered`."
    )
    bounce_delay: float | None = Field(
        default=None, ge=0, description="Seconds from acceptance of a mail to its bounce."
    )
    late_bounce_delay: float | None = Field(
        default=None, ge=0, description="The same for mails to `late-bounce` addresses."
    )
    outcomes_by_number: bool | None = Field(
        default=None, description="Whether the last digits of a number decide what becomes of a text to it."
    )
    inbound_url: str | None = Field(default=None, description="The webhook that inbound texts are posted to.")
    dsn_target: str | None = Field(
        default=None,
        pattern=r"^(|[^\s:]+:\d{1,5})$",
        description="host:port that bounces are sent to by SMTP; empty: none are sent.",
    )


class LiveSettings:
    """Their present values; at the start those of `settings.Settings`."""

    def __init__(self, settings: Settings) -> None:
        self.parts_per_second = settings.carrier_rate_per_second
        self.sent_delay = settings.sent_delay
        self.delivered_delay = settings.delivered_delay
        self.bounce_delay = settings.bounce_delay
        self.late_bounce_delay = settings.late_bounce_delay
        self.outcomes_by_number = settings.outcomes_by_number
        self.inbound_url = settings.inbound_url
        self.dsn_target = settings.dsn_target

    def change(self, change: SettingsChange) -> None:
        """Take the values that were given."""
        for name, value in change.model_dump(exclude_none=True).items():
            setattr(self, name, value)
