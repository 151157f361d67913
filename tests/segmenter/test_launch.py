"""A campaign from its draft to its last delivery, over real Kafka and PostgreSQL."""

from contracts import topics

from tests.segmenter.given import Union
from tests.support.facts import eventually


async def test_everybody_is_asked_once_on_the_channel_that_reaches_them(union: Union) -> None:
    texted, mailed, *_ = await union.joined_by(
        union.member(),
        union.member(sms=False),
        union.member(sms=False, email=False),
        union.member(consents=()),
    )
    campaign_id = await union.launched()
    (sms,) = await union.requests(campaign_id, 1)
    (email,) = await union.requests(campaign_id, 1, topics.EMAIL_REQUESTS)
    assert (sms.member_id, email.member_id) == (texted.member_id, mailed.member_id)
    assert sms.merge == {"branch": "Branch A"}
    progress = await eventually(lambda: union.progress(campaign_id), until=lambda seen: seen["fan_out_done"])
    assert progress["planned_skips"] == {"no_contact": 1, "no_consent": 1}
    assert progress["requested"] == 2
