"""How long a campaign takes to send, by the rates of all senders and of each."""

from decimal import Decimal

import pytest
from chassis.default_rates import SenderRates
from contracts.enums import Channel
from segmenter.domain.campaigns.definition import Sender
from segmenter.domain.campaigns.summary import Tariff

RATES = SenderRates(sender_rates={"+447700900001": 1, "News@union.example": 2})
TARIFF = Tariff(Decimal(1), Decimal(1), "GBP", sms_rate=10.0, email_rate=50.0, sender_rate=RATES.rate_of)
SLOW, OTHER = Sender(channel=Channel.SMS, address="+447700900001"), Sender(channel=Channel.SMS, address="+447700900002")
MAIL = Sender(channel=Channel.EMAIL, address="news@union.example")


@pytest.mark.parametrize(
    ("channel", "senders", "seconds"),
    [
        (Channel.SMS, [], 10.0),
        (Channel.SMS, [OTHER], 10.0),
        (Channel.SMS, [SLOW, MAIL], 100.0),
        (Channel.SMS, [SLOW, OTHER], 10.0),
        (Channel.EMAIL, [SLOW, MAIL], 50.0),
    ],
)
def test_a_campaign_takes_as_long_as_its_senders_need(channel: Channel, senders: list[Sender], seconds: float) -> None:
    assert TARIFF.seconds(100, channel, senders) == pytest.approx(seconds)
