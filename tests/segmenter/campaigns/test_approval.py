"""What was approved is what is launched."""

from tests.segmenter.union import Union


async def test_a_segment_changed_after_the_summary_is_noticed(union: Union) -> None:
    await union.joined_by(union.member(), union.member(language="cy"))
    campaign = await union.campaign()
    path, segment = f"/campaigns/{campaign['campaign_id']}", f"/segments/{campaign['segment_id']}"
    old = {"summary": (await union.summary(campaign["campaign_id"]))["hash"]}
    welsh = {"name": "Welsh", "rule": {"kind": "language", "languages": ["cy"]}}
    assert (await union.client.put(segment, json=welsh, headers={"If-Match": '"1"'})).status_code == 200
    answer = await union.client.post(f"{path}/approve", json=old)
    assert answer.status_code == 412
    assert "the segment was changed" in answer.json()["detail"]


async def test_an_approved_campaign_keeps_the_rule_that_was_approved(union: Union) -> None:
    member, _ = await union.joined_by(union.member(language="cy"), union.member())
    rule = {"kind": "all", "of": [{"kind": "body", "bodies": [union.name]}, {"kind": "language", "languages": ["cy"]}]}
    campaign = await union.campaign(segment_id=await union.segment(rule))
    path, segment = f"/campaigns/{campaign['campaign_id']}", f"/segments/{campaign['segment_id']}"
    confirmed = {"summary": (await union.summary(campaign["campaign_id"]))["hash"]}
    assert (await union.client.post(f"{path}/approve", json=confirmed)).status_code == 200
    everybody = {"name": "All", "rule": {"kind": "body", "bodies": [union.name]}}
    assert (await union.client.put(segment, json=everybody, headers={"If-Match": '"1"'})).status_code == 200
    assert (await union.client.post(f"{path}/launch", json=confirmed)).status_code == 200
    (request,) = await union.requests(campaign["campaign_id"], 1)
    assert request.member_id == member.member_id
