"""As a member of which of their branches somebody is written to."""

from datetime import date

from contracts.events.members import Membership

from tests.segmenter.union import Union

TEXTS = {
    "content": [{"channel": "sms", "language": "en", "text": "{{ branch }}"}],
    "channels": {"rule": "preferred_else_next", "order": ["sms"]},
}


def later_and_long(union: Union) -> Membership:
    """A place in a second branch, joined later; its name takes two parts."""
    return union.place("b", branch_name="B" * 200, valid_from=date(2024, 1, 1))


async def test_a_branchs_campaign_over_a_rule_of_the_union_speaks_for_that_branch(union: Union) -> None:
    await union.joined_by(union.member(memberships=(union.place("a"), later_and_long(union))))
    shared = await union.segment()
    campaign = await union.campaign(**TEXTS, segment_id=shared, body=f"{union.name}-b")
    assert (await union.summary(campaign["campaign_id"]))["sms"]["parts"] == 2
    (request,) = await union.requests(await union.launch(campaign["campaign_id"]), 1)
    assert (request.branch, request.merge) == (f"{union.name}-b", {"branch": "B" * 200})


async def test_the_unions_own_campaign_speaks_for_the_branch_joined_first(union: Union) -> None:
    await union.joined_by(union.member(memberships=(union.place("a"), later_and_long(union))))
    for body in (None, union.name):
        campaign = await union.campaign(**TEXTS, segment_id=await union.segment(), body=body)
        assert (await union.summary(campaign["campaign_id"]))["sms"]["parts"] == 1
        (request,) = await union.requests(await union.launch(campaign["campaign_id"]), 1)
        assert request.branch == f"{union.name}-a"


async def test_a_member_of_two_branches_is_addressed_as_the_branch_that_was_meant(union: Union) -> None:
    await union.joined_by(union.member(memberships=(union.place("a"), union.place("b"))))
    segment_id = await union.segment({"kind": "body", "bodies": [f"{union.name}-b"]})
    (request,) = await union.requests(await union.launched(segment_id=segment_id), 1)
    assert request.branch == f"{union.name}-b"
    assert request.merge == {"branch": "Branch B"}


async def test_a_region_is_named_as_it_is_called(union: Union) -> None:
    await union.joined_by(union.member())
    content = [{"channel": "sms", "language": "en", "text": "{{ region }}: picket at six"}]
    channels = {"rule": "preferred_else_next", "order": ["sms"]}
    (request,) = await union.requests(await union.launched(content=content, channels=channels), 1)
    assert request.merge == {"region": "The North"}
