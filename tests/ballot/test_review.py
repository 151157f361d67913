"""A person's decisions, what may be told, who may see it, and what remains of an erased member."""

from uuid import UUID, uuid4

import httpx
import pytest
from contracts.topics import PARTICIPATION

from tests.ballot.given import OPTIONS, STANDINGS, Place, member, poll_given, reply
from tests.support.facts import eventually


async def test_a_persons_decision_counts_and_is_recorded_and_taken_once(place: Place) -> None:
    ids = await place.many(2)
    poll_id = await place.opened()
    await place.say(reply(poll_id, ids[0], "done it!!"), reply(poll_id, ids[1], "who is this"))
    await place.result(poll_id, unmatched=2)
    meant, other = sorted(await place.answers(poll_id), key=lambda answer: answer["text"])
    path = f"/polls/{poll_id}/answers/{meant['answer_id']}/decision"
    decided = (await place.client.post(path, json={"option": "voted"})).raise_for_status().json()
    assert (decided["status"], decided["decided_by"]) == ("counted", "a-test-client")
    assert decided["decided_at"]
    assert "text" not in decided
    assert (await place.client.post(path, json={"option": "notyet"})).status_code == 409
    aside = f"/polls/{poll_id}/answers/{other['answer_id']}/decision"
    assert (await place.client.post(aside, json={"set_aside": True})).json()["status"] == "set_aside"
    events = await place.world.received(PARTICIPATION, until=lambda all_: any(poll_id in one.subject for one in all_))
    assert [one.subject for one in events if poll_id in one.subject] == [f"{poll_id}:{ids[0]}"]


async def test_a_decision_after_the_count_is_counted_again(place: Place) -> None:
    (one,) = await place.many(1)
    poll_id = await place.opened()
    await place.say(reply(poll_id, one, "I did it"))
    await place.result(poll_id, unmatched=1)
    first = await place.counted(poll_id)
    (answer,) = await place.answers(poll_id)
    path = f"/polls/{poll_id}/answers/{answer['answer_id']}/decision"
    (await place.client.post(path, json={"option": "voted"})).raise_for_status()
    again = await eventually(lambda: place.result(poll_id), until=lambda seen: seen["version"] > first["version"])
    assert (again["took_part"], first["took_part"]) == (1, 0)


@pytest.mark.parametrize(
    ("decision", "field"),
    [({}, "body"), ({"option": "voted", "set_aside": True}, "body"), ({"option": "perhaps"}, "option")],
)
async def test_a_decision_says_one_thing(place: Place, decision: dict[str, object], field: str) -> None:
    (one,) = await place.many(1)
    poll_id = await place.opened()
    await place.say(reply(poll_id, one, "eh"))
    await place.result(poll_id, unmatched=1)
    (answer,) = await place.answers(poll_id)
    refused = await place.client.post(f"/polls/{poll_id}/answers/{answer['answer_id']}/decision", json=decision)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == field
    assert (await place.result(poll_id))["unmatched"] == 1


async def test_an_erased_member_leaves_their_counted_answer_and_nothing_of_themselves(place: Place) -> None:
    gone, stays = await place.many(2)
    poll_id = await place.opened()
    await place.say(reply(poll_id, gone, "voted"), reply(poll_id, gone, "call me, Ann"), reply(poll_id, stays, "voted"))
    before = await place.result(poll_id, received=3, unmatched=1)
    await place.erase(gone)
    after = await place.result(poll_id, set_aside=1)
    assert (after["counted"], after["roll"]) == (before["counted"], before["roll"]) == (2, 2)
    everything = [answer for status in STANDINGS for answer in await place.answers(poll_id, status)]
    assert {answer["member_id"] for answer in everything} == {None, str(stays)}
    assert "call me, Ann" not in {answer["text"] for answer in everything}
    history = await place.client.get(f"/members/{gone}/history")
    assert history.json() == {"member_id": str(gone), "entries": []}
    key = f"{poll_id}:{gone}"
    records = await place.world.raw(
        PARTICIPATION, until=lambda seen: [one.value is None for one in seen if one.key == key] == [False, True]
    )
    assert {one.key for one in records if poll_id in one.key} == {key, f"{poll_id}:{stays}"}


@pytest.mark.parametrize("only_buried", [False, True], ids=["by the event", "by its tombstone alone"])
async def test_an_erased_member_is_not_counted_again_by_a_late_text_or_snapshot(
    place: Place, only_buried: bool
) -> None:
    gone, _ = await place.many(2)
    poll_id = await place.opened()
    await place.erase(gone, only_buried=only_buried)
    await eventually(lambda: _size(place), until=lambda size: size == 1)
    await place.join(member(place.at("leeds"), member_id=gone, version=9))
    await place.say(reply(poll_id, gone, "voted"))
    await place.result(poll_id, not_on_roll=1)
    (answer,) = await place.answers(poll_id, "not_on_roll")
    assert answer["member_id"] is None
    later = await place.opened()
    assert (await place.client.get(f"/polls/{later}")).json()["roll"] == 1


async def _size(place: Place) -> int:
    return int((await place.client.get(f"/electorates/{place.union}")).json()["members"])


async def test_turnout_hides_few_people_and_what_would_give_them_away(place: Place) -> None:
    leeds, york = await place.many(12, "leeds"), await place.many(15, "york")
    await place.many(3, "bath")
    poll_id = await place.opened()
    await place.say(*(reply(poll_id, one, "voted") for one in (*leeds[:11], *york[:12])))
    await place.result(poll_id, counted=23)
    turnout = (await place.client.get(f"/polls/{poll_id}/turnout")).json()
    assert (turnout["roll"], turnout["took_part"]) == (30, 23)
    lines = {line["branch_name"].rsplit("-", 1)[-1]: (line["roll"], line["took_part"]) for line in turnout["branches"]}
    assert lines == {"Bath": (None, None), "Leeds": (None, None), "York": (15, 12)}


def limited(
    place: Place, branch: str, scopes: str = "polls:read polls:write replies:read history:read"
) -> dict[str, str]:
    """Headers of a caller limited to a branch."""
    return place.world.headers(scopes, branch=place.branch(branch))


async def test_a_branch_sees_and_makes_its_own_polls_only(place: Place) -> None:
    await place.many(10, "leeds")
    await place.many(10, "york")
    whole = await place.opened()
    own, other = limited(place, "leeds"), limited(place, "york")
    wide = await place.client.post("/polls", json=poll_given(place.union), headers=own)
    assert (wide.status_code, wide.json()["errors"][0]["field"]) == (403, "body")
    made = await place.client.post("/polls", json=poll_given(place.branch("leeds")), headers=own)
    assert made.status_code == 201
    poll_id = made.json()["poll_id"]
    assert (await place.client.post(f"/polls/{poll_id}/open", headers=other)).status_code == 403
    assert (await place.client.post(f"/polls/{poll_id}/open", headers=own)).json()["roll"] == 10
    for path in (f"/polls/{whole}", f"/polls/{whole}/result", f"/electorates/{place.union}"):
        assert (await place.client.get(path, headers=own)).status_code == 403
    assert (await place.client.post(f"/polls/{whole}/close", headers=own)).status_code == 403
    listed = (await place.client.get("/polls", headers=own)).json()["polls"]
    assert [poll["poll_id"] for poll in listed] == [poll_id]
    newer = (await place.client.post("/polls", json=poll_given(place.branch("leeds")), headers=own)).json()["poll_id"]
    first = (await place.client.get("/polls", params={"limit": 1}, headers=own)).json()
    rest = (await place.client.get("/polls", params={"limit": 2, "after": first["next"]}, headers=own)).json()
    assert [poll["poll_id"] for poll in (*first["polls"], *rest["polls"])] == [newer, poll_id]
    assert rest["next"] is None
    turnout = (await place.client.get(f"/polls/{whole}/turnout", headers=own)).json()
    assert (turnout["roll"], turnout["took_part"]) == (None, None)
    assert [line["branch"] for line in turnout["branches"]] == [place.branch("leeds")]


async def test_a_branch_reads_and_decides_its_own_members_answers_only(place: Place) -> None:
    (here,), (there,) = await place.many(1, "leeds"), await place.many(1, "york")
    poll_id = await place.opened()
    await place.say(reply(poll_id, here, "umm"), reply(poll_id, there, "err"))
    await place.result(poll_id, unmatched=2)
    own = limited(place, "leeds")
    listed = (await place.client.get(f"/polls/{poll_id}/answers", headers=own)).json()["answers"]
    assert [answer["text"] for answer in listed] == ["umm"]
    ids = {answer["text"]: answer["answer_id"] for answer in await place.answers(poll_id)}

    async def decide(text: str) -> httpx.Response:
        path = f"/polls/{poll_id}/answers/{ids[text]}/decision"
        return await place.client.post(path, json={"option": "voted"}, headers=own)

    assert (await decide("err")).status_code == 403
    assert (await decide("umm")).status_code == 200
    assert (await place.client.get(f"/members/{there}/history", headers=own)).status_code == 403
    assert (await place.client.get(f"/members/{here}/history", headers=own)).status_code == 200


async def test_a_member_who_has_moved_is_read_by_the_new_branch_and_no_longer_by_the_old(place: Place) -> None:
    moved = member(
        place.at("leeds", until="2024-06-30"), place.at("york", "2024-07-01"), place.at("bath", "2090-01-01")
    )
    await place.join(moved)
    poll_id = await place.opened()
    await place.say(reply(poll_id, moved.member_id, "voted"))
    await place.result(poll_id, counted=1)
    path = f"/members/{moved.member_id}/history"
    status = {
        branch: (await place.client.get(path, headers=limited(place, branch))).status_code
        for branch in ("leeds", "york", "bath")
    }
    assert status == {"leeds": 403, "york": 200, "bath": 403}


async def test_the_same_poll_may_be_asked_for_again_and_another_under_its_id_may_not(place: Place) -> None:
    given = poll_given(place.union, poll_id=str(uuid4()))
    first, second = [await place.client.post("/polls", json=given) for _ in range(2)]
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    other = await place.client.post("/polls", json=given | {"title": "Another"})
    assert (other.status_code, other.json()["errors"][0]["field"]) == (409, "poll_id")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"colour": "red"}, "colour"),
        ({"secret": True}, "answer_by"),
        ({"secret": True, "answer_by": ["link"]}, "secret"),
        ({"closes_at": "2020-01-01T00:00:00Z"}, "closes_at"),
        ({"closes_at": "2206-01-01T00:00:00Z"}, "closes_at"),
        ({"closes_at": "2090-01-01T00:00:00"}, "closes_at"),
        ({"closes_at": "9999-12-31T23:59:59-14:00"}, "closes_at"),
        ({"opens_at": "0001-01-01T00:00:00+14:00"}, "opens_at"),
        ({"title": "two\nlines"}, "title"),
        ({"title": " "}, "title"),
        ({"question": "x" * 1001}, "question"),
        ({"body": "../union"}, "body"),
        ({"options": OPTIONS[:1]}, "options"),
        ({"options": [*OPTIONS, {"label": "Stop", "keywords": []}]}, "options.3.label"),
        ({"options": [*OPTIONS, {"label": "Other", "keywords": ["Vóted."]}]}, "options.3.keywords.0"),
        ({"options": [*OPTIONS, {"label": "Other", "keywords": ["2"]}]}, "options.3.keywords.0"),
        ({"options": [*OPTIONS, {"label": "Other", "effect": "win"}]}, "options.3.effect"),
    ],
)
async def test_a_faulty_poll_is_refused_by_field_and_reason(
    place: Place, changes: dict[str, object], field: str
) -> None:
    refused = await place.client.post("/polls", json=poll_given(place.union) | changes)
    assert refused.status_code == 422, refused.text
    assert refused.headers["content-type"] == "application/problem+json"
    faults = {fault["field"]: fault["reason"] for fault in refused.json()["errors"]}
    assert faults[field]


async def test_an_empty_roll_is_refused_and_unknown_polls_are_not_found(place: Place) -> None:
    made = (await place.client.post("/polls", json=poll_given(place.union))).json()
    opened = await place.client.post(f"/polls/{made['poll_id']}/open")
    assert (opened.status_code, opened.json()["errors"][0]["field"]) == (409, "body")
    assert (await place.client.post(f"/polls/{made['poll_id']}/close")).status_code == 409
    for path in ("", "/result", "/turnout", "/answers"):
        assert (await place.client.get(f"/polls/{UUID(int=7)}{path}")).status_code == 404
    assert (await place.client.get("/polls/nonsense")).status_code == 422
