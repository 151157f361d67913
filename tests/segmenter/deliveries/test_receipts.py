"""What dispatchers say of deliveries moves a campaign on."""

from contracts import topics

from tests.segmenter.union import Union
from tests.support.facts import eventually


async def test_a_status_only_moves_forward(union: Union) -> None:
    await union.joined_by(union.member(), union.member())
    campaign_id = await union.launched()
    one, other = await union.requests(campaign_id, 2)
    await union.publish_status(one, "delivered", rev=3)
    await union.publish_status(one, "accepted", rev=2)
    await union.publish_status(other, "accepted", rev=2)
    progress = await eventually(lambda: union.progress(campaign_id), until=lambda seen: "accepted" in seen["by_status"])
    assert progress["by_status"] == {"delivered": 1, "accepted": 1}
    assert progress["state"] == "launched"
    assert progress["by_branch"] == [{"branch": f"{union.name}-a", "statuses": {"delivered": 1, "accepted": 1}}]


async def test_who_cannot_be_texted_after_all_is_mailed_as_the_next_step(union: Union) -> None:
    await union.joined_by(union.member())
    campaign_id = await union.launched()
    (text,) = await union.requests(campaign_id, 1)
    await union.publish_status(text, "skipped", reason="suppressed")
    await union.publish_status(text, "skipped", reason="suppressed")
    (mail,) = await union.requests(campaign_id, 1, topics.EMAIL_REQUESTS)
    assert (mail.member_id, mail.step, mail.channel) == (text.member_id, 2, "email")
    assert mail.merge == text.merge
    await union.publish_status(mail, "accepted", rev=2)
    progress = await eventually(lambda: union.progress(campaign_id), until=lambda seen: seen["state"] == "completed")
    assert progress["by_status"] == {"skipped": 1, "accepted": 1}
    assert progress["skipped"] == {"suppressed": 1}
    assert len(await union.requests(campaign_id, 1, topics.EMAIL_REQUESTS)) == 1


async def test_a_bad_number_leads_to_mail_and_a_doubt_does_not(union: Union) -> None:
    await union.joined_by(union.member(), union.member(), union.member())
    campaign_id = await union.launched()
    bad, doubtful, cancelled = await union.requests(campaign_id, 3)
    await union.publish_status(doubtful, "in_doubt", rev=2)
    await union.publish_status(cancelled, "skipped", reason="expired")
    await union.publish_status(bad, "rejected", rev=2, address_bad=True, code="21211")
    (mail,) = await union.requests(campaign_id, 1, topics.EMAIL_REQUESTS)
    assert mail.member_id == bad.member_id
    progress = await eventually(lambda: union.progress(campaign_id), until=lambda seen: seen["requested"] == 4)
    assert progress["by_channel"]["sms"] == {"in_doubt": 1, "skipped": 1, "rejected": 1}


async def test_nothing_more_is_asked_for_after_a_cancel(union: Union) -> None:
    await union.joined_by(union.member())
    campaign_id = await union.launched()
    (text,) = await union.requests(campaign_id, 1)
    await union.client.post(f"/campaigns/{campaign_id}/cancel")
    await union.publish_status(text, "skipped", reason="no_consent")
    progress = await eventually(lambda: union.progress(campaign_id), until=lambda seen: "skipped" in seen["by_status"])
    assert progress["requested"] == 1
    assert not await union.requests(campaign_id, 0, topics.EMAIL_REQUESTS)
