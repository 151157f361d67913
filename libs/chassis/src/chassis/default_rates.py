"""Rates of sending unless a deployment sets others. The dispatchers keep to them; the segmenter estimates with them how
long a campaign takes. A deployment that sets another rate sets it for both."""

from typing import Annotated

from pydantic import BaseModel, Field

TEXT_PARTS_A_SECOND = 10.0
"""Over all replicas. Twilio allows a sender more or less by its kind and country."""
MAILS_A_SECOND = 50.0


class SenderRates(BaseModel):
    """What single senders may a second; part of the settings of the segmenter and of each dispatcher."""

    sender_rates: dict[str, Annotated[float, Field(gt=0)]] = Field(default_factory=dict)
    """By number, name, messaging service or address: {"+447700900123": 1}. Each other one is allowed
    `sender_rate_per_second`."""
    sender_rate_per_second: float | None = Field(default=None, gt=0)
    """None: as much as all senders together."""

    def rate_of(self, sender: str, together: float) -> float:
        """What this sender may, of what all may `together`."""
        rates = {sender_key(address): rate for address, rate in self.sender_rates.items()}
        return min(together, rates.get(sender_key(sender), self.sender_rate_per_second or together))


def sender_key(address: str) -> str:
    """By which a sender has its rate, however it is written."""
    return address.strip().lower()
