"""What every dispatcher reads from its environment, and the sums that must hold before it starts."""

from datetime import time
from typing import ClassVar, Literal, Self

from chassis.default_rates import SenderRates, sender_key
from chassis.settings import ServiceSettings
from pydantic import Field, model_validator


class DispatchSettings(SenderRates, ServiceSettings):
    """The letters are DELIVERY.md's; the defaults are those of text messages. All spans are in seconds."""

    channel: ClassVar[str]
    expects_receipts: ClassVar[bool] = True
    """False where acceptance is the last word that ever comes (e-mail): nothing then expires for want of a receipt."""
    lists: ClassVar[bool] = True
    """False where the provider has no list of what it took (e-mail)."""

    ballot_url: str = ""
    provider_keywords: bool = True
    """False: the provider's own keyword handling is off, so that END or YES may be an answer."""

    deadline_seconds: float = Field(default=60, gt=0)
    """D: a claimed message is sent before this passes, or not by this claim."""
    call_timeout_seconds: float = Field(default=20, gt=0)
    """T: a call that takes longer is given up and in doubt."""
    doubt_seconds: float = Field(default=180, gt=0)
    """Q: how long after the deadline before a look at the provider's list is believed."""
    pause_seconds: float = Field(default=30, ge=0)
    """P: the longest pause between the deadline check and the last byte, clock skew included."""
    late_accept_seconds: float = Field(default=60, ge=0)
    """L: how long after we gave up a provider may still accept."""
    list_lag_seconds: float = Field(default=60, ge=0)
    """V: how long the provider's list lags behind what it accepted."""
    look_gap_seconds: float = Field(default=60, gt=0)
    """Between the two negative looks."""
    look_every_seconds: float = Field(default=5, gt=0)
    looks_per_second: float = Field(default=5, gt=0)
    """The reconciler's own rate."""
    in_doubt_policy: Literal["resend", "hold"] = "resend"
    max_attempts: int = Field(default=2, ge=1)
    """How often a message whose fate was unknown is tried in all."""
    status_after_seconds: tuple[float, float, float] = (900, 3600, 259_200)
    """When an accepted message without a receipt is asked for; after the last it is EXPIRED."""

    inbound_list_seconds: float = Field(default=60, gt=0)
    """How often the provider's list of inbound texts is read, for those that no webhook brought."""
    inbound_overlap_seconds: float = Field(default=300, ge=0)
    """How much of what was listed before is listed again: longer than the list lags and a webhook is repeated."""
    hold_alarm_seconds: float = Field(default=86_400, gt=0)
    """How long an unclear stop may wait for a person before the alarm is raised."""
    hold_becomes_stop_seconds: float = Field(default=604_800, gt=0)
    """After this an unclear stop that nobody has decided is a STOP."""

    member_wait_seconds: float = Field(default=900, ge=0)
    """How long a request waits for a member or a campaign that is not known yet; longer while its topic is not applied
    to its end."""
    quiet_from: time = time(21, 0)
    quiet_until: time = time(8, 0)
    """No member is disturbed from `quiet_from` until `quiet_until`, by the member's own clock."""

    brake_seconds: float = Field(default=120, gt=0)
    """Nothing is claimed while `campaigns`, on which stops come too, was last applied to its end longer ago."""
    claim_window: int = Field(default=200, ge=1, le=1000)
    """Most rows a claim takes."""
    window_seconds: float = Field(default=0.25, gt=0)
    """How many seconds' worth of rate a claim takes at once, and how much later than its slot a call may start: in any
    second no more than rate x (1 + window) + 1 units start, over all replicas."""
    probe_seconds: float = Field(default=5, gt=0)
    """Between two calls while the provider leaves everything in doubt."""
    in_flight: int = Field(default=800, ge=1)
    """Most calls open at once."""

    ledger_days: float = Field(default=400, ge=31)
    """How long a month of the ledger is kept after its campaigns ended; see docs/retention.md for this and the next."""
    bad_address_days: float = Field(default=730, ge=1)
    replies_taken_days: float = Field(default=14, ge=14)

    @property
    def rate_per_second(self) -> float:
        """What the provider allows all our senders together, in what the provider counts."""
        raise NotImplementedError

    @property
    def default_sender(self) -> str:
        """In whose name a message goes out when the campaign names nobody; may be empty."""
        return ""

    def sender_key(self, address: str) -> str:
        """By which a sender has its rate and its order of messages, however it is written."""
        return sender_key(address or self.default_sender)

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        needed = self.pause_seconds + self.late_accept_seconds + self.list_lag_seconds
        if self.doubt_seconds < needed - 1e-6:  # sums of floats
            raise ValueError(f"DOUBT_SECONDS (Q) must be at least P + L + V = {needed:g}, or a message could go twice")
        if self.call_timeout_seconds >= self.deadline_seconds:
            raise ValueError("CALL_TIMEOUT_SECONDS must be below DEADLINE_SECONDS, or no call could start")
        return self
