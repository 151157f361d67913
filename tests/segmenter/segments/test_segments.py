"""Segments select, count and explain alike."""

import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from contracts import topics
from contracts.events.ballots import ParticipationRecorded
from contracts.events.members import MemberChanged, MemberErased

from tests.segmenter.union import NOW, Union
from tests.support.facts import eventually


async def took_part_in(union: Union, ballot_id: uuid.UUID, member: MemberChanged, effect: str) -> None:
    said = ParticipationRecorded(ballot_id=ballot_id, member_id=member.member_id, effect=effect, on=NOW.date())
    await union.publish(topics.PARTICIPATION, f"{ballot_id}:{member.member_id}", said)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"kind": "job", "jobs": ["lecturer"]}, 1),
        ({"kind": "employer", "employers": ["College", "School"]}, 2),
        ({"kind": "interest", "interests": ["choir"]}, 1),
        ({"kind": "language", "languages": ["cy"]}, 1),
        ({"kind": "joined", "before": "2010-01-01"}, 1),
        ({"kind": "joined", "after": "2010-01-01", "before": "2024-01-01"}, 3),
        ({"kind": "birthday", "first": "12-20", "last": "01-05"}, 2),
        ({"kind": "birthday", "first": "01-01", "last": "01-05"}, 1),
        ({"kind": "has_channel", "channel": "sms"}, 3),
        ({"kind": "not", "of": {"kind": "has_channel", "channel": "sms"}}, 1),
        ({"kind": "not", "of": {"kind": "birthday", "first": "12-20", "last": "01-05"}}, 2),
        ({"kind": "any", "of": [{"kind": "language", "languages": ["cy"]}, {"kind": "job", "jobs": ["lecturer"]}]}, 2),
        ({"kind": "all", "of": [{"kind": "language", "languages": ["cy"]}, {"kind": "job", "jobs": ["lecturer"]}]}, 0),
    ],
)
async def test_a_fact_selects_those_it_is_true_of(union: Union, rule: dict[str, Any], expected: int) -> None:
    await union.joined_by(
        union.member(memberships=(union.place("a", job="lecturer", employer="College"),), birthday=date(1980, 12, 31)),
        union.member(language="cy", birthday=date(1990, 1, 3)),
        union.member(sms=False, interests=("choir", "pensions")),
        union.member(
            memberships=(
                union.place("b", employer="School", valid_from=date(2001, 5, 1)),
                union.place("a", job="lecturer", valid_to=NOW.date() - timedelta(days=1)),
            )
        ),
    )
    assert await union.count(rule) == expected


async def test_a_membership_that_ended_or_has_not_begun_does_not_count(union: Union) -> None:
    today = datetime.now(UTC).date()  # now, not when the tests were collected: midnight may lie between
    tomorrow, yesterday = today + timedelta(days=1), today - timedelta(days=1)
    await union.joined_by(
        union.member(memberships=(union.place("a"), union.place("b", valid_to=yesterday))),
        union.member(memberships=(union.place("a"), union.place("b", valid_from=tomorrow))),
        union.member(memberships=(union.place("b", valid_to=today),)),
    )
    assert await union.count({"kind": "body", "bodies": [f"{union.name}-b"]}) == 1
    assert await union.count({"kind": "body", "bodies": [f"{union.name}-north"]}) == 3


async def test_who_took_part_is_told_from_who_did_not(union: Union) -> None:
    voted, refused, *_ = await union.joined_by(union.member(), union.member(), union.member())
    ballot_id = uuid.uuid4()
    for member, effect in ((voted, "voted"), (refused, "do_not_ask")):
        await took_part_in(union, ballot_id, member, effect)
    took_part = {"kind": "took_part", "ballot_id": str(ballot_id)}
    await eventually(lambda: union.count(took_part), until=lambda count: count == 2)
    assert await union.count({**took_part, "effects": ["voted"]}) == 1
    assert await union.count({"kind": "not", "of": took_part}) == 1


@pytest.mark.parametrize("effect", ["keep_chasing", "none"])
async def test_whose_participation_was_taken_back_is_reminded_again(union: Union, effect: str) -> None:
    back, voted, _ = await union.joined_by(union.member(), union.member(), union.member())
    ballot_id = uuid.uuid4()
    for member in (back, voted):
        await took_part_in(union, ballot_id, member, "voted")
    await took_part_in(union, ballot_id, back, effect)
    took_part = {"kind": "took_part", "ballot_id": str(ballot_id)}
    reminded = {"kind": "not", "of": took_part}
    heard = {**took_part, "effects": [effect]}
    await eventually(lambda: union.count(heard), until=lambda count: count == 1)
    await eventually(lambda: union.count({**took_part, "effects": ["voted"]}), until=lambda count: count == 1)
    assert await union.count(took_part) == 1
    assert await union.count(reminded) == 2
    segment_id = await union.segment({"kind": "all", "of": [{"kind": "body", "bodies": [union.name]}, reminded]})
    answer = (await union.client.get(f"/segments/{segment_id}/members/{back.member_id}")).json()
    assert (answer["in_segment"], answer["explanation"]["of"][1]["of"][0]["matched"]) == (True, False)
    campaign_id = await union.launched(segment_id=segment_id)
    assert back.member_id in {one.member_id for one in await union.requests(campaign_id, 2)}
    (entry,) = (await union.client.get(f"/members/{back.member_id}/history")).json()["entries"]
    assert entry["rule"]["of"][1]["of"][0]["matched"] is False


async def test_members_of_an_earlier_campaign_can_be_left_out(union: Union) -> None:
    await union.joined_by(union.member(), union.member(consents=()))
    earlier = await union.launched()
    await union.requests(earlier, 1)
    asked = {"kind": "in_campaign", "campaign_id": earlier}
    assert await union.count(asked) == 1
    assert await union.count({"kind": "not", "of": asked}) == 1
    assert await union.count({**asked, "statuses": ["delivered"]}) == 0


async def test_an_older_snapshot_changes_nothing_and_a_newer_one_everything(union: Union) -> None:
    (member,) = await union.joined_by(union.member(version=5))
    older = member.model_copy(update={"version": 4, "language": "cy"})
    newer = member.model_copy(update={"version": 6, "language": "fr", "memberships": (union.place("b"),)})
    await union.publish(topics.MEMBERS, member.member_id, older)
    await union.publish(topics.MEMBERS, member.member_id, newer)
    french = {"kind": "language", "languages": ["fr"]}
    await eventually(lambda: union.count(french), until=lambda count: count == 1)
    assert await union.count({"kind": "language", "languages": ["cy"]}) == 0
    assert await union.count({"kind": "body", "bodies": [f"{union.name}-a"]}) == 0


@pytest.mark.parametrize("buried", [False, True], ids=["by the event", "by its tombstone alone"])
async def test_an_erased_member_is_gone_for_good(union: Union, buried: bool) -> None:
    member, _ = await union.joined_by(union.member(), union.member())
    segment_id = await union.segment()
    erased = None if buried else MemberErased(member_id=member.member_id, version=2)
    await union.world.publish(topics.MEMBERS, str(member.member_id), erased)
    await eventually(lambda: union.count(), until=lambda count: count == 1)
    await union.publish(topics.MEMBERS, member.member_id, member.model_copy(update={"version": 3}))
    marker = union.member()
    await union.publish(topics.MEMBERS, member.member_id, marker)  # the same partition: read after the one before
    await eventually(lambda: union.count(), until=lambda count: count == 2)
    answer = await union.client.get(f"/segments/{segment_id}/members/{member.member_id}")
    assert answer.status_code == 404


async def test_a_preview_shows_no_names(union: Union) -> None:
    await union.joined_by(union.member(given_name="Angharad"), union.member(given_name="Bryn", sms=False))
    segment_id = await union.segment()
    preview = (await union.client.get(f"/segments/{segment_id}/preview")).json()
    assert (preview["count"], preview["by_channel"]) == (2, {"sms": 1, "email": 2})
    assert {one["given_name"] for one in preview["sample"]} == {"A•••", "B•••"}
    assert "Angharad" not in str(preview)


async def test_an_explanation_says_which_part_held(union: Union) -> None:
    (member,) = await union.joined_by(union.member(language="cy"))
    welsh, texted = {"kind": "language", "languages": ["cy"]}, {"kind": "has_channel", "channel": "sms"}
    segment_id = await union.segment({"kind": "all", "of": [welsh, {"kind": "not", "of": texted}]})
    answer = (await union.client.get(f"/segments/{segment_id}/members/{member.member_id}")).json()
    assert answer["in_segment"] is False
    first, second = answer["explanation"]["of"]
    assert (first["matched"], first["rule"]["kind"]) == (True, "language")
    assert (second["kind"], second["matched"], second["of"][0]["matched"]) == ("not", False, True)


async def test_a_segment_is_changed_by_its_version(union: Union) -> None:
    segment_id = await union.segment()
    body = {"name": "Welsh", "rule": {"kind": "language", "languages": ["cy"]}}
    changed = await union.client.put(f"/segments/{segment_id}", json=body, headers={"If-Match": '"1"'})
    assert (changed.json()["version"], changed.headers["ETag"]) == (2, '"2"')
    stale = await union.client.put(f"/segments/{segment_id}", json=body, headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    assert (await union.client.get(f"/segments/{segment_id}")).json()["name"] == "Welsh"


def nested(depth: int) -> dict[str, Any]:
    rule: dict[str, Any] = {"kind": "has_channel", "channel": "sms"}
    for _ in range(depth - 1):
        rule = {"kind": "not", "of": rule}
    return rule


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        (nested(9), "nested at most 8 deep"),
        ({"kind": "any", "of": [nested(1)] * 100}, "at most 100 parts"),
        ({"kind": "all", "of": []}, "at least 1 item"),
        ({"kind": "nobody"}, "does not match any of the expected tags"),
        ({"kind": "body", "bodies": ["a"], "extra": 1}, "Extra inputs are not permitted"),
        ({"kind": "joined"}, "give before, after or both"),
        ({"kind": "joined", "before": "yesterday"}, "valid date"),
        ({"kind": "birthday", "first": "02-30", "last": "03-01"}, "MM-DD"),
        ({"kind": "has_channel", "channel": "pigeon"}, "'sms' or 'email'"),
        ({"kind": "job", "jobs": [1]}, "valid string"),
        ({"kind": "job", "jobs": ["a\u0000b"]}, "should match pattern"),
        ("everybody", "valid dictionary"),
    ],
)
async def test_a_rule_that_is_none_is_refused_with_field_and_reason(union: Union, rule: Any, reason: str) -> None:
    answer = await union.client.post("/segments", json={"name": "Odd", "rule": rule})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    (error, *_) = answer.json()["errors"]
    assert error["field"].startswith("rule")
    assert reason in error["reason"]
