"""A campaign from its draft to its last delivery, over real Kafka and PostgreSQL."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from chassis.db.database import Database
from contracts import topics
from contracts.events.campaigns import CampaignCompleted
from segmenter.repository import deliveries
from sqlalchemy import text

from tests.segmenter.union import NOW, Union
from tests.support.facts import eventually
from tests.support.world import World


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
    assert sms.branch == f"{union.name}-a"
    progress = await eventually(lambda: union.progress(campaign_id), until=lambda seen: seen["fan_out_done"])
    assert progress["planned_skips"] == {"no_contact": 1, "no_consent": 1}
    assert progress["by_channel"] == {"sms": {"requested": 1}, "email": {"requested": 1}}
    assert (progress["audience"], progress["requested"], progress["not_requested"]) == (4, 2, 0)


async def test_an_audience_of_several_shards_and_chunks_is_asked_for_once(union: Union) -> None:
    members = await union.joined_by(*(union.member() for _ in range(23)))
    campaign_id = await union.launched()
    await eventually(lambda: union.progress(campaign_id), until=lambda seen: seen["fan_out_done"])
    requests = await union.requests(campaign_id, 23)
    assert sorted(request.member_id for request in requests) == sorted(member.member_id for member in members)
    assert len({request.delivery_id for request in requests}) == 23


async def test_a_member_who_prefers_mail_gets_mail(union: Union) -> None:
    member = union.member()
    points = (member.contact_points[0], member.contact_points[1].model_copy(update={"preferred": True}))
    await union.joined_by(member.model_copy(update={"contact_points": points}))
    campaign_id = await union.launched()
    assert len(await union.requests(campaign_id, 1, topics.EMAIL_REQUESTS)) == 1
    assert not await union.requests(campaign_id, 0)


async def test_the_rule_all_asks_on_every_channel(union: Union) -> None:
    await union.joined_by(union.member())
    campaign_id = await union.launched(channels={"rule": "all", "order": ["sms", "email"]})
    (sms,) = await union.requests(campaign_id, 1)
    (email,) = await union.requests(campaign_id, 1, topics.EMAIL_REQUESTS)
    assert sms.member_id == email.member_id
    assert sms.step == email.step == 1
    assert sms.delivery_id != email.delivery_id


async def test_a_landline_is_no_channel(union: Union) -> None:
    member = union.member(email=False)
    landline = member.contact_points[0].model_copy(update={"textable": False})
    await union.joined_by(member.model_copy(update={"contact_points": (landline,)}), union.member())
    summary = await union.summary((await union.campaign())["campaign_id"])
    assert summary["skipped"] == {"no_contact": 1}


async def test_who_withdrew_consent_is_not_counted_as_reachable_any_more(union: Union) -> None:
    stopped, _ = await union.joined_by(union.member(email=False), union.member())
    words = tuple(word.model_copy(update={"granted": False, "source": "reply"}) for word in stopped.consents)
    await union.publish(topics.MEMBERS, stopped.member_id, stopped.model_copy(update={"version": 2, "consents": words}))
    campaign_id = (await union.campaign())["campaign_id"]
    summary = await eventually(lambda: union.summary(campaign_id), until=lambda seen: seen["recipients"] == 1)
    assert (summary["skipped"], summary["audience_by_channel"]) == ({"no_consent": 1}, {"sms": 1})


async def test_urgent_requests_have_their_own_topics(union: Union) -> None:
    await union.joined_by(union.member())
    campaign_id = await union.launched(urgent=True)
    (request,) = await union.requests(campaign_id, 1, topics.SMS_REQUESTS_URGENT)
    assert request.urgent
    assert not await union.requests(campaign_id, 0)


async def test_every_event_of_a_campaign_is_a_whole_snapshot(union: Union) -> None:
    await union.joined_by(union.member())
    campaign_id = await union.launched()
    for deed in ("pause", "resume", "cancel"):
        answer = await union.client.post(f"/campaigns/{campaign_id}/{deed}")
        assert answer.status_code == 200, answer.text
    said = await union.campaign_events(campaign_id, 4)
    assert [event.type_name for event in said] == [
        "campaign.launched.v1",
        "campaign.paused.v1",
        "campaign.resumed.v1",
        "campaign.cancelled.v1",
    ]
    assert [event.state for event in said] == ["launched", "paused", "launched", "cancelled"]
    assert all(len(event.content) == 2 and len(event.senders) == 2 for event in said)
    assert [event.version for event in said] == sorted({event.version for event in said})


async def test_a_campaign_says_until_when_its_poll_takes_answers(union: Union) -> None:
    await union.joined_by(union.member())
    closes_at = NOW + timedelta(days=30)
    campaign_id = await union.launched(poll_id=str(await union.poll(closes_at=closes_at)))
    (launched,) = await union.campaign_events(campaign_id, 1)
    assert launched.poll_closes_at == closes_at
    assert launched.expires_at < closes_at


async def test_a_resumed_campaign_asks_for_what_the_pause_held_back(union: Union) -> None:
    await union.joined_by(*(union.member() for _ in range(9)))
    campaign_id = await union.launched()
    for deed in ("pause", "resume"):
        answer = await union.client.post(f"/campaigns/{campaign_id}/{deed}")
        assert answer.status_code == 200, answer.text
    requests = await union.requests(campaign_id, 9)
    await eventually(lambda: union.progress(campaign_id), until=lambda seen: seen["fan_out_done"])
    assert len({request.delivery_id for request in requests}) == 9


async def test_the_state_decides_what_can_be_done(union: Union) -> None:
    await union.joined_by(union.member())
    campaign_id = (await union.campaign())["campaign_id"]
    early = await union.client.post(f"/campaigns/{campaign_id}/pause")
    assert early.status_code == 409
    assert "a campaign that is draft cannot be paused" in early.json()["detail"]
    assert (await union.client.post(f"/campaigns/{campaign_id}/cancel")).json()["state"] == "cancelled"
    late = await union.client.post(f"/campaigns/{campaign_id}/summary")
    assert late.status_code == 409


async def test_a_large_campaign_needs_a_second_person(union: Union) -> None:
    await union.joined_by(*(union.member() for _ in range(5)))
    campaign_id = (await union.campaign())["campaign_id"]
    summary = await union.summary(campaign_id)
    assert summary["needs_second_person"] is True
    alone = await union.client.post(f"/campaigns/{campaign_id}/approve", json={"summary": summary["hash"]})
    assert alone.status_code == 403
    assert "a second person must approve" in alone.json()["detail"]
    assert len(await union.requests(await union.launch(campaign_id), 5)) == 5


async def test_whoever_wrote_any_version_is_no_second_person(union: Union) -> None:
    await union.joined_by(*(union.member() for _ in range(5)))
    campaign = await union.campaign()
    path = f"/campaigns/{campaign['campaign_id']}"
    for version, writer in enumerate(("writes-the-text", "changes-a-comma"), campaign["version"]):
        words = await union.draft(name=f"By {writer}", segment_id=campaign["segment_id"])
        headers = {"Authorization": f"Bearer {union.world.token(sub=writer)}", "If-Match": f'"{version}"'}
        assert (await union.client.put(path, json=words, headers=headers)).status_code == 200
    confirmed = {"summary": (await union.summary(campaign["campaign_id"]))["hash"]}
    for person, status in (("writes-the-text", 403), ("changes-a-comma", 403), ("second-person", 200)):
        headers = {"Authorization": f"Bearer {union.world.token(sub=person)}"}
        assert (await union.client.post(f"{path}/approve", json=confirmed, headers=headers)).status_code == status


async def test_what_is_launched_is_what_was_seen(union: Union) -> None:
    await union.joined_by(union.member())
    campaign_id = (await union.campaign())["campaign_id"]
    first = await union.summary(campaign_id)
    second = await union.summary(campaign_id)
    old = await union.client.post(f"/campaigns/{campaign_id}/approve", json={"summary": first["hash"]})
    assert old.status_code == 412
    confirmed = {"summary": second["hash"]}
    assert (await union.client.post(f"/campaigns/{campaign_id}/approve", json=confirmed)).status_code == 200
    await union.joined_by(union.member())
    grown = await union.client.post(f"/campaigns/{campaign_id}/launch", json=confirmed)
    assert grown.status_code == 412
    assert "grown from 1 to 2" in grown.json()["detail"]


async def test_an_edit_makes_a_draft_again(union: Union) -> None:
    await union.joined_by(union.member())
    campaign = await union.campaign()
    campaign_id = campaign["campaign_id"]
    confirmed = {"summary": (await union.summary(campaign_id))["hash"]}
    await union.client.post(f"/campaigns/{campaign_id}/approve", json=confirmed)
    draft = await union.draft(name="Another name", segment_id=campaign["segment_id"])
    stale = await union.client.put(f"/campaigns/{campaign_id}", json=draft, headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    assert (await union.client.put(f"/campaigns/{campaign_id}", json=draft)).status_code == 428
    edited = await union.client.put(f"/campaigns/{campaign_id}", json=draft, headers={"If-Match": '"2"'})
    assert (edited.json()["state"], edited.json()["name"], edited.headers["ETag"]) == ("draft", "Another name", '"3"')
    late = await union.client.post(f"/campaigns/{campaign_id}/launch", json=confirmed)
    assert late.status_code == 409


async def test_a_confirmed_launch_starts_by_itself_at_its_time(union: Union) -> None:
    await union.joined_by(union.member())
    starts_at = datetime.now(UTC) + timedelta(seconds=15)
    campaign_id = await union.launched(starts_at=starts_at.isoformat())
    waiting = (await union.client.get(f"/campaigns/{campaign_id}")).json()
    assert (waiting["state"], waiting["scheduled"]) == ("approved", True)
    (request,) = await union.requests(campaign_id, 1)
    assert datetime.now(UTC) >= starts_at
    assert str(request.campaign_id) == campaign_id


async def test_nobody_reachable_is_refused(union: Union) -> None:
    campaign_id = (await union.campaign())["campaign_id"]
    summary = await union.summary(campaign_id)
    assert summary["faults"][0]["field"] == "segment_id"
    answer = await union.client.post(f"/campaigns/{campaign_id}/approve", json={"summary": summary["hash"]})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "segment_id"


async def test_a_campaign_completes_when_everything_has_ended(union: Union) -> None:
    await union.joined_by(union.member())
    campaign_id = await union.launched()
    (request,) = await union.requests(campaign_id, 1)
    await union.publish_status(request, "delivered", rev=2)
    said = await union.campaign_events(campaign_id, 2)
    assert isinstance(said[-1], CampaignCompleted)
    progress = await union.progress(campaign_id)
    assert (progress["state"], progress["by_status"]) == ("completed", {"delivered": 1})


async def test_a_request_that_nobody_ever_took_does_not_keep_its_campaign_open(union: Union, world: World) -> None:
    """Seven days after the expiry it is on no topic any more: a dispatcher was away, or could not read it."""
    await union.joined_by(union.member())
    campaign_id = await union.launched()
    await union.requests(campaign_id, 1)
    database = Database(world.database_url("segmenter"))
    async with database.transaction() as session:
        for days, over in ((6.9, False), (7.1, True)):
            expired = {"at": NOW - timedelta(days=days), "id": campaign_id}
            await session.execute(text("UPDATE campaigns SET expires_at = :at WHERE campaign_id = :id"), expired)
            ended = await deliveries.finished_campaigns(session, NOW, timedelta(hours=1))
            assert (uuid.UUID(campaign_id) in ended) == over
    await database.close()


@pytest.mark.parametrize("path", ["", "/progress", "/tests"])
async def test_what_is_not_there_is_not_found(union: Union, path: str) -> None:
    answer = await union.client.get(f"/campaigns/{uuid.uuid4()}{path}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
