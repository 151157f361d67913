"""One trace from the request that launches a campaign to every delivery that is asked for."""

import secrets

import orjson
from contracts import topics

from tests.segmenter.union import Union
from tests.support.world import World


async def test_a_fan_out_goes_on_with_the_trace_of_its_launch(union: Union, world: World) -> None:
    await union.joined_by(*(union.member() for _ in range(5)))
    trace = secrets.token_hex(16)
    union.client.headers["traceparent"] = f"00-{trace}-{secrets.token_hex(8)}-01"
    try:
        campaign = await union.launched()
    finally:
        del union.client.headers["traceparent"]
    await union.requests(campaign, 5)
    asked = [
        record for record in await world.raw(topics.SMS_REQUESTS) if record.value and campaign.encode() in record.value
    ]
    assert len(asked) == 5
    for record in asked:
        assert record.value is not None
        told = orjson.loads(record.value)["traceparent"]
        assert told.split("-")[1] == trace
        assert dict(record.headers)["traceparent"].decode() == told
    said = await world.raw(topics.CAMPAIGNS, lambda records: any(one.key == campaign for one in records))
    launched = next(one for one in said if one.key == campaign)
    assert dict(launched.headers)["traceparent"].decode().split("-")[1] == trace
