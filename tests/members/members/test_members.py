"""Members over REST: created, changed with If-Match, erased; a refused request has no effect."""

from typing import Any

import pytest
from contracts import topics
from contracts.event import Received
from contracts.events.members import MemberChanged, MemberErased, SensitiveInterestsChanged
from sqlalchemy import text

from tests.members.sample_members import ANN, joined
from tests.members.service import Running
from tests.support.world import World


def _of(events: list[Received], member_id: str) -> list[Received]:
    return [item for item in events if str(getattr(item.event, "member_id", "")) == member_id]


async def published(world: World, member_id: str, version: int) -> MemberChanged:
    """The snapshot of that version, from the topic."""

    def there(events: list[Received]) -> bool:
        return any(getattr(item.event, "version", 0) >= version for item in _of(events, member_id))

    events = _of(await world.received(topics.MEMBERS, there), member_id)
    assert [getattr(item.event, "version", 0) for item in events] == list(range(1, version + 1))
    assert isinstance(events[-1].event, MemberChanged)
    return events[-1].event


async def test_a_new_member_is_told_whole_and_without_the_membership_number(members: Running, world: World) -> None:
    ann = await joined(members, "NUMBER-1")
    snapshot = await published(world, ann["member_id"], 1)
    assert [(point.channel, point.address, point.textable) for point in snapshot.contact_points] == [
        ("sms", "+447400123456", True),
        ("email", "ann.lee@example.org", False),
        ("sms", "+442079460018", False),
    ]
    place = snapshot.memberships[0]
    assert place.path == ("union", "north", "leeds", "leeds-city-college")
    assert (place.region, place.branch, place.branch_name) == ("north", "leeds", "Leeds")
    assert snapshot.interests == ("climate",)
    assert {(word.purpose, word.granted) for word in snapshot.consents} == {("campaign", True), ("survey", True)}
    raw = await world.raw(topics.MEMBERS, 1)
    assert not any(b"NUMBER-1" in (record.value or b"") for record in raw)


async def test_a_known_sensitive_interest_is_told_to_its_own_topic_only(members: Running, world: World) -> None:
    ann = await joined(members, "A2", interests=["disabled-members"])
    assert ann["interests"] == []
    told_apart = await world.received(topics.MEMBERS_SENSITIVE, lambda events: bool(_of(events, ann["member_id"])))
    event = _of(told_apart, ann["member_id"])[0].event
    assert isinstance(event, SensitiveInterestsChanged)
    assert event.interests == ("disabled-members",)
    assert (await published(world, ann["member_id"], 1)).interests == ()


async def test_a_change_needs_the_version_that_was_seen(members: Running, world: World) -> None:
    ann = await joined(members, "A3")
    url = f"/members/{ann['member_id']}"
    without = await members.http.patch(url, json={"given_name": "Anna"})
    assert (without.status_code, without.headers["content-type"]) == (428, "application/problem+json")
    other = await members.http.patch(url, json={"given_name": "Anna"}, headers={"If-Match": '"7"'})
    assert other.status_code == 412
    weak = await members.http.patch(url, json={"given_name": "Anna"}, headers={"If-Match": 'W/"1"'})
    assert weak.status_code == 412
    done = await members.http.patch(url, json={"given_name": "Anna"}, headers={"If-Match": '"1"'})
    assert (done.status_code, done.headers["etag"], done.json()["given_name"]) == (200, '"2"', "Anna")
    assert (await published(world, ann["member_id"], 2)).given_name == "Anna"


async def test_a_change_that_changes_nothing_raises_no_version(members: Running) -> None:
    ann = await joined(members, "A4")
    answer = await members.http.patch(
        f"/members/{ann['member_id']}", json={"given_name": "Ann"}, headers={"If-Match": '"1"'}
    )
    assert (answer.status_code, answer.headers["etag"]) == (200, '"1"')


async def test_a_number_is_taken_once(members: Running) -> None:
    await joined(members, "A5")
    again = await members.http.post("/members", json=ANN | {"membership_number": "A5"})
    assert again.status_code == 409
    assert again.json()["errors"] == [{"field": "membership_number", "reason": "somebody has this number"}]


FAULTS: list[tuple[dict[str, Any], str]] = [
    ({"colour": "red"}, "colour"),
    ({"given_name": "", "family_name": "\u200b"}, "given_name"),
    ({"given_name": "A\x00nn"}, "given_name"),
    ({"given_name": "A\r\nnn"}, "given_name"),
    ({"given_name": "x" * 101}, "given_name"),
    ({"given_name": None}, "given_name"),
    ({"language": "English"}, "language"),
    ({"time_zone": "Mars/Base"}, "time_zone"),
    ({"birthday": "2999-01-01"}, "birthday"),
    ({"birthday": "yesterday"}, "birthday"),
    ({"contact_points": [{"channel": "sms", "address": "12"}]}, "contact_points.0.address"),
    ({"contact_points": [{"channel": "email", "address": "a@b@c.org"}]}, "contact_points.0.address"),
    ({"contact_points": [{"channel": "email", "address": "a@example.org\r\nBcc: b@example.org"}]}, "contact_points.0"),
    ({"contact_points": [{"channel": "fax", "address": "12"}]}, "contact_points.0.channel"),
    ({"contact_points": ANN["contact_points"][:1] * 2}, "contact_points.1.label"),
    ({"memberships": [{"body": "atlantis"}]}, "memberships.0.body"),
    ({"memberships": [{"body": "Leeds\x00"}]}, "memberships.0.body"),
    ({"memberships": [{"body": "leeds", "valid_from": "2020-01-02", "valid_to": "2020-01-01"}]}, "memberships.0"),
    ({"memberships": [{"body": "leeds", "valid_from": "0001-01-01"}]}, "memberships.0.valid_from"),
    ({"memberships": [{"body": "leeds", "valid_to": "1899-12-31"}]}, "memberships.0.valid_to"),
    ({"interests": ["Not A Slug"]}, "interests.0"),
    ({"status": "asleep"}, "status"),
]


@pytest.mark.parametrize(("given", "field"), FAULTS)
async def test_what_is_refused_names_the_field_and_changes_nothing(
    members: Running, given: dict[str, Any], field: str
) -> None:
    found = (await members.http.get("/members", params={"membership_number": "F1"})).json()["members"]
    bob = found[0] if found else await joined(members, "F1")
    url = f"/members/{bob['member_id']}"
    answer = await members.http.patch(url, json=given, headers={"If-Match": "*"})
    assert answer.status_code == 422, answer.text
    assert any(fault["field"].startswith(field) for fault in answer.json()["errors"]), answer.text
    assert (await members.http.get(url)).headers["etag"] == '"1"'


async def test_a_later_word_on_consent_counts_and_an_earlier_one_does_not(members: Running) -> None:
    ann = await joined(members, "A6")
    url = f"/members/{ann['member_id']}/consents"
    word = {"channel": "sms", "purposes": ["campaign"], "source": "phone call", "wording_version": "2026-02"}
    gone = await members.http.post(url, json={**word, "granted": False, "at": "2026-03-01T09:00:00Z"})
    assert {consent["purpose"]: consent["granted"] for consent in gone.json()["consents"]} == {
        "campaign": False,
        "survey": True,
    }
    stale = await members.http.post(url, json={**word, "granted": True, "at": "2026-02-01T09:00:00Z"})
    assert stale.json() == gone.json()
    future = await members.http.post(url, json={**word, "granted": True, "at": "2126-02-01T09:00:00Z"})
    assert future.json()["errors"][0]["field"] == "at"
    ancient = await members.http.post(url, json={**word, "granted": True, "at": "0001-01-01T00:00:00+14:00"})
    assert ancient.json()["errors"][0]["field"] == "at"
    history = (await members.http.get(f"/members/{ann['member_id']}/history")).json()["entries"]
    assert [entry["what"] for entry in history] == ["consent given", "consent withdrawn", "created", "consent recorded"]
    assert history[1]["consent_id"] == history[3]["consent_id"]


async def test_the_dead_are_told_without_contact_points(members: Running, world: World) -> None:
    ann = await joined(members, "A7")
    url = f"/members/{ann['member_id']}"
    answer = await members.http.patch(url, json={"status": "deceased"}, headers={"If-Match": '"1"'})
    assert answer.json()["status"] == "deceased"
    snapshot = await published(world, ann["member_id"], 2)
    assert (snapshot.status, snapshot.contact_points) == ("deceased", ())


async def test_erasing_deletes_every_row_and_tells_both_topics(members: Running, world: World) -> None:
    ann = await joined(members, "ERASE-ME", given_name="Zebedee", interests=["lgbt-members"])
    url = f"/members/{ann['member_id']}"
    assert (await members.http.delete(url, headers={"If-Match": '"9"'})).status_code == 412
    assert (await members.http.delete(url, params={"reason": "asked by letter"})).status_code == 204
    assert (await members.http.delete(url)).status_code == 204
    assert (await members.http.get(url)).status_code == 404
    for topic in (topics.MEMBERS, topics.MEMBERS_SENSITIVE):
        events = await world.received(
            topic, lambda events: any(isinstance(item.event, MemberErased) for item in _of(events, ann["member_id"]))
        )
        last = _of(events, ann["member_id"])[-1].event
        assert isinstance(last, MemberErased)
        assert (last.version, last.reason) == (2, "asked by letter")
    assert await _tables_holding(members, ann["member_id"]) == ["erased"]
    assert await _tables_holding(members, "Zebedee") == []
    assert await _tables_holding(members, "ERASE-ME") == []


async def _tables_holding(members: Running, value: str) -> list[str]:
    """Every table of the service with a row that shows the value anywhere."""
    assert members.application.database is not None
    holding = []
    async with members.application.database.transaction() as session:
        names = await session.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"))
        for (name,) in names.all():
            count = await session.execute(
                text(f"SELECT count(*) FROM {name} AS t WHERE strpos(t::text, :value) > 0"), {"value": value}
            )
            holding += [name] if count.scalar_one() else []
    return holding
