"""A link to a poll lasts as long as an answer counts."""

import uuid
from datetime import timedelta

import pytest
from chassis.errors import Forbidden

from tests.dispatch.events import NOON, campaign, member
from tests.dispatch.house import House


@pytest.mark.parametrize(("closing", "ends"), [(None, 24), (12, 24), (72, 72)], ids=["unknown", "sooner", "later"])
async def test_a_poll_link_is_good_until_the_campaign_has_expired_and_the_poll_has_closed(
    quiet_house: House, closing: int | None, ends: int
) -> None:
    house = quiet_house
    closes_at = NOON + timedelta(hours=closing) if closing else None
    asking = campaign("Answer: {{ poll_link }}", poll_id=uuid.uuid4(), poll_closes_at=closes_at)
    (delivery,) = await house.known(asking, member())
    async with house.sending():
        await house.settled(delivery, "accepted")
    token = house.provider.journal[0].text.rpartition("/")[2]
    end, moment = NOON + timedelta(hours=ends), timedelta(seconds=1)
    assert house.settings.links.open("answer", token, end - moment)
    with pytest.raises(Forbidden, match="expired"):
        house.settings.links.open("answer", token, end + moment)
