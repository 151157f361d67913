"""A poll from its creation to its count, against a real broker and a real database."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from ballot.app import build
from ballot.settings import Settings
from contracts.event import Event
from contracts.events.ballots import BallotClosed, BallotCounted, BallotEvent, BallotOpened, ParticipationRecorded
from contracts.events.campaigns import CampaignLaunched, Content
from contracts.events.union_events import BallotDeclared
from contracts.topics import BALLOTS, CAMPAIGNS, PARTICIPATION, UNION_EVENTS

from tests.ballot.builders import STATUSES, member, new_poll, reply
from tests.ballot.scenario import Scenario
from tests.support.facts import eventually
from tests.support.paging import pages
from tests.support.world import World


async def test_every_answer_has_one_status_and_the_last_before_the_closing_counts(scenario: Scenario) -> None:
    ids = await scenario.add_members(12)
    stranger = uuid4()
    poll_id = await scenario.open_poll()
    texts = [
        "Voted",
        "voted!",
        "1",
        " WEDI PLEIDLEISIO. ",
        "(1)",
        "I have voted",
        "notyet",
        "2.",
        "Not Yet",
        "leave me",
    ]
    await scenario.publish_replies(*(reply(poll_id, one, text) for one, text in zip(ids, texts, strict=False)))
    await scenario.publish_replies(
        reply(poll_id, ids[0], "notyet"),
        reply(poll_id, ids[10], "yes but the paper never came"),
        reply(poll_id, stranger, "voted"),
        reply(poll_id, None, "voted"),
        reply(poll_id, ids[11], "STOP", intent="stop"),
        reply(poll_id, ids[1], "2", received_at=datetime.now(UTC) + timedelta(days=1)),
        reply(poll_id, ids[2], "2", received_at=datetime.now(UTC) - timedelta(days=1)),
    )
    result = await scenario.result(poll_id, received=16)
    assert {name: result[name] for name in STATUSES} == {
        "counted": 10,
        "superseded": 1,
        "unmatched": 1,
        "set_aside": 0,
        "late": 1,
        "early": 1,
        "not_on_roll": 2,
        "test": 0,
    }
    assert [option["count"] for option in result["options"]] == [None, None, None]
    final = await scenario.close_and_count(poll_id)
    assert final["received"] == sum(final[name] for name in STATUSES) == 16
    assert {option["key"]: option["count"] for option in final["options"]} == {"voted": 5, "notyet": 4, "leave": 1}
    (unmatched,) = await scenario.list_answers(poll_id)
    assert (unmatched["text"], unmatched["member_id"]) == ("yes but the paper never came", str(ids[10]))


async def test_opening_closing_and_totals_are_published(scenario: Scenario) -> None:
    ids = await scenario.add_members(12)
    poll_id = await scenario.open_poll()
    await scenario.publish_replies(*(reply(poll_id, one, "voted") for one in ids))
    await scenario.result(poll_id, counted=12)
    await scenario.close_and_count(poll_id)

    def published(events: list[Event]) -> list[BallotEvent]:
        return [event for event in events if isinstance(event, BallotEvent) and str(event.ballot_id) == poll_id]

    received = await scenario.world.received(
        BALLOTS, until=lambda all_: len(published([one.event for one in all_])) == 3
    )
    opened, closed, counted = published([one.event for one in received])
    assert isinstance(opened, BallotOpened)
    assert (opened.roll, opened.body, opened.title) == (12, scenario.union, "Have you voted?")
    assert isinstance(closed, BallotClosed)
    assert isinstance(counted, BallotCounted)
    assert (counted.took_part, counted.totals) == (12, {"voted": 12, "notyet": 0, "leave": 0})
    assert [(line.branch, line.roll, line.took_part) for line in counted.turnout] == [
        (scenario.branch("leeds"), 12, 12)
    ]
    assert opened.version < closed.version < counted.version


async def test_only_answers_that_end_the_asking_are_published_as_participation(scenario: Scenario) -> None:
    voted, waiting, leave, changed = await scenario.add_members(4)
    poll_id = await scenario.open_poll()
    await scenario.publish_replies(
        reply(poll_id, voted, "voted"),
        reply(poll_id, waiting, "notyet"),
        reply(poll_id, leave, "leave me"),
        reply(poll_id, changed, "voted"),
    )
    await scenario.result(poll_id, counted=4)
    await scenario.publish_replies(reply(poll_id, changed, "notyet"))
    await scenario.result(poll_id, superseded=1)
    events = await scenario.world.received(PARTICIPATION, until=lambda seen: len(_of(seen, poll_id)) == 4)
    said = {
        one: [e.effect for e in _of(events, poll_id) if e.member_id == one] for one in (voted, waiting, leave, changed)
    }
    assert said == {voted: ["voted"], waiting: [], leave: ["do_not_ask"], changed: ["voted", "keep_chasing"]}
    assert {one.subject for one in events if one.event in _of(events, poll_id)} == {
        f"{poll_id}:{one}" for one in (voted, leave, changed)
    }


async def test_a_closing_withdraws_participation_that_rests_on_later_answers(scenario: Scenario) -> None:
    gone, back, again, stays = await scenario.add_members(4)
    poll_id, later = await scenario.open_poll(), datetime.now(UTC) + timedelta(minutes=10)
    await scenario.publish_replies(
        reply(poll_id, back, "voted"), reply(poll_id, again, "leave me"), reply(poll_id, stays, "voted")
    )
    await scenario.result(poll_id, counted=3)
    after = {gone: "voted", back: "notyet", again: "voted"}
    await scenario.publish_replies(*(reply(poll_id, one, text, received_at=later) for one, text in after.items()))
    await scenario.result(poll_id, counted=4, superseded=2)
    await scenario.close_and_count(poll_id, counted=3, late=3)
    events = await scenario.world.received(PARTICIPATION, until=lambda seen: len(_of(seen, poll_id)) == 9)
    said = {one: [e.effect for e in _of(events, poll_id) if e.member_id == one] for one in (gone, back, again, stays)}
    assert said == {
        gone: ["voted", "none"],
        back: ["voted", "keep_chasing", "voted"],
        again: ["do_not_ask", "voted", "do_not_ask"],
        stays: ["voted"],
    }
    assert len({one.id for one in events if one.event in _of(events, poll_id)}) == 9


def _of(received: list, poll_id: str) -> list[ParticipationRecorded]:  # type: ignore[type-arg]
    events = [one.event for one in received]
    return [one for one in events if isinstance(one, ParticipationRecorded) and str(one.ballot_id) == poll_id]


async def test_a_reply_received_twice_is_one_answer(scenario: Scenario) -> None:
    (one,) = await scenario.add_members(1)
    poll_id = await scenario.open_poll()
    said = reply(poll_id, one, "voted")
    await scenario.publish_replies(said, said, reply(poll_id, one, "voted"), said)
    assert (await scenario.result(poll_id, received=2))["superseded"] == 1


async def test_the_roll_holds_active_members_with_a_current_membership_once(scenario: Scenario) -> None:
    twice = member(scenario.membership("york", "2015-05-01"), scenario.membership("leeds", "2012-01-01"))
    await scenario.publish_members(
        twice,
        member(scenario.membership("leeds")),
        member(scenario.membership("york"), status="left"),
        member(scenario.membership("york"), status="deceased"),
        member(scenario.membership("leeds", "2020-01-01", until="2021-01-01")),
        member(scenario.membership("leeds", "2090-01-01")),
        member(),
    )
    await scenario.add_members(9, "leeds")
    await scenario.add_members(10, "york")
    await eventually(lambda: _electorate(scenario), until=lambda size: size == 21)
    poll_id = await scenario.open_poll()
    turnout = (await scenario.client.get(f"/polls/{poll_id}/turnout")).json()
    assert turnout["roll"] == 21
    lines = {line["branch"]: line["roll"] for line in turnout["branches"]}
    assert lines == {scenario.branch("leeds"): 11, scenario.branch("york"): 10}
    await scenario.add_members(3)
    await eventually(lambda: _electorate(scenario), until=lambda size: size == 24)
    assert (await scenario.client.get(f"/polls/{poll_id}")).json()["roll"] == 21


async def _electorate(scenario: Scenario) -> int:
    return int((await scenario.client.get(f"/electorates/{scenario.union}")).json()["members"])


async def test_a_roll_has_the_memberships_of_the_unions_own_day(own_world: World) -> None:
    midnight = datetime(2026, 6, 30, 23, 30, tzinfo=UTC)  # half past in London
    async with own_world.running(build, own_world.settings(Settings, clock_start=midnight)) as client:
        scenario = Scenario(own_world, client)
        await scenario.publish_members(
            member(scenario.membership("york", "2026-07-01")),
            *(member(scenario.membership("leeds", until=until)) for until in ("2026-06-30", "2026-06-30", None)),
        )

        async def sizes() -> tuple[int, ...]:
            found = [await client.get(f"/electorates/{scenario.branch(name)}") for name in ("leeds", "york")]
            return tuple(int(each.json()["members"]) for each in found)

        await eventually(sizes, until=lambda found: found == (1, 1))


async def test_the_opening_waits_for_members_published_before_it(scenario: Scenario) -> None:
    ids = await scenario.add_members(40)
    poll_id = await scenario.open_poll()
    assert (await scenario.client.get(f"/polls/{poll_id}")).json()["roll"] == len(ids)


async def test_an_answer_in_time_that_is_received_after_the_count_is_counted_again(scenario: Scenario) -> None:
    early, slow = await scenario.add_members(2)
    poll_id = await scenario.open_poll()
    in_time = datetime.now(UTC)
    await scenario.publish_replies(reply(poll_id, early, "voted"))
    await scenario.result(poll_id, counted=1)
    first = await scenario.close_and_count(poll_id)
    await scenario.publish_replies(reply(poll_id, slow, "voted", received_at=in_time), reply(poll_id, slow, "notyet"))
    again = await scenario.result(poll_id, state="counted", counted=2, late=1)
    again = await eventually(lambda: scenario.result(poll_id), until=lambda seen: seen["version"] > first["version"])
    assert again["took_part"] == 2


async def test_a_campaign_that_asks_the_poll_ties_an_answer_to_it(scenario: Scenario) -> None:
    (one,) = await scenario.add_members(1)
    poll_id = await scenario.open_poll()
    campaign = _campaign(poll_id)
    await scenario.world.publish(CAMPAIGNS, str(campaign.campaign_id), campaign)
    asked = await eventually(lambda: _campaigns(scenario, poll_id))
    assert asked == [{"campaign_id": str(campaign.campaign_id), "state": "launched"}], "nobody learns its name here"
    await scenario.publish_replies(
        reply(poll_id, one, "voted", campaign_id=campaign.campaign_id).model_copy(update={"poll_id": None})
    )
    await scenario.result(poll_id, counted=1)


async def _campaigns(scenario: Scenario, poll_id: str) -> list[dict[str, str]]:
    return list((await scenario.client.get(f"/polls/{poll_id}")).json()["campaigns"])


def _campaign(poll_id: str) -> CampaignLaunched:
    return CampaignLaunched(
        campaign_id=uuid4(),
        version=2,
        state="launched",
        name="Wave 1",
        purpose="campaign",
        content=(Content(channel="sms", language="en", text="Have you voted?"),),
        launched_on=datetime.now(UTC).date(),
        expires_at=datetime.now(UTC) + timedelta(days=1),
        poll_id=UUID(poll_id),
    )


async def test_a_poll_opens_and_closes_by_itself_at_its_times(scenario: Scenario) -> None:
    await scenario.add_members(1)
    now = datetime.now(UTC)
    times = {"opens_at": now.isoformat(), "closes_at": (now + timedelta(seconds=8)).isoformat()}
    made = (await scenario.client.post("/polls", json=new_poll(scenario.union, **times))).json()
    await scenario.result(made["poll_id"], state="counted")  # one that had not opened would lapse


async def test_a_poll_that_could_not_open_before_its_closing_lapses(scenario: Scenario) -> None:
    now = datetime.now(UTC)
    times = {"opens_at": now.isoformat(), "closes_at": (now + timedelta(seconds=5)).isoformat()}
    made = (await scenario.client.post("/polls", json=new_poll(scenario.union, **times))).json()
    await scenario.result(made["poll_id"], state="lapsed")
    assert (await scenario.client.post(f"/polls/{made['poll_id']}/open")).status_code == 409


async def test_a_canvass_counts_as_turnout_those_who_say_that_they_have_voted(scenario: Scenario) -> None:
    voted, waiting = await scenario.add_members(2)
    poll_id = await scenario.open_poll(kind="followed_ballot")
    await scenario.publish_replies(reply(poll_id, voted, "voted"), reply(poll_id, waiting, "notyet"))
    assert (await scenario.result(poll_id, counted=2))["took_part"] == 1


async def test_declared_ballots_are_stored_and_the_latest_declaration_stands(scenario: Scenario) -> None:
    name = f"b-{scenario.union}"
    later = datetime.now(UTC)
    for at, returned in ((later, 60), (later - timedelta(days=1), 50)):
        declared = BallotDeclared(
            ballot_id=name,
            body=scenario.union,
            papers_sent=100,
            papers_returned=returned,
            totals={"yes": returned},
            declared_at=at,
        )
        await scenario.world.publish(UNION_EVENTS, name, declared)
    marker = f"{name}-after"
    await scenario.world.publish(UNION_EVENTS, name, declared.model_copy(update={"ballot_id": marker}))

    async def look() -> dict[str, int]:
        ballots = await pages(scenario.client, "/declared-ballots", "before", "ballots", limit=1)
        return {ballot["ballot_id"]: ballot["papers_returned"] for ballot in ballots}

    seen = await eventually(look, until=lambda ballots: marker in ballots)
    assert seen[name] == 60
