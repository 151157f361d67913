"""The same request comes again: from the outbox, from a rebalance, from a segmenter that was killed."""

import re

import pytest
from contracts import topics
from pydantic import ValidationError

from tests.dispatch.events import campaign, member
from tests.dispatch.house import House
from tests.dispatch.trial import QUICK, TrialSettings


async def test_a_request_that_comes_again_is_the_same_row_and_is_sent_once(patient_house: House) -> None:
    launched, person = campaign(), member()
    (delivery,) = await patient_house.known(launched, person)
    again = patient_house.request(launched, person)
    await patient_house.hear(topics.requests_for("sms", urgent=False), again, again)
    async with patient_house.sending():
        await patient_house.settled(delivery, "accepted")
    await patient_house.hear(topics.requests_for("sms", urgent=False), again)
    async with patient_house.sending():
        assert not await patient_house.rows("SELECT 1 FROM deliveries WHERE state = 'requested'")
    assert len(await patient_house.rows("SELECT 1 FROM deliveries WHERE delivery_id = :id", id=delivery)) == 1
    assert patient_house.provider.gens(delivery) == [1]


async def test_too_short_a_wait_for_its_spans_is_refused_at_the_start(quiet_house: House) -> None:
    spans = QUICK | {"doubt_seconds": 0.5, "pause_seconds": 0.2, "late_accept_seconds": 0.2, "list_lag_seconds": 0.2}
    spans |= {"database_url": quiet_house.settings.database_url}
    with pytest.raises(ValidationError, match=re.escape("at least P + L + V = 0.6")):
        quiet_house.world.settings(TrialSettings, **spans)
