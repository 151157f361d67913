"""Members over REST: joined, changed with If-Match, erased for good; what is refused has no effect."""

from typing import Any

from contracts import topics
from contracts.members import MemberChanged, SensitiveInterestsChanged

from tests.support.world import World

ANN: dict[str, Any] = {
    "given_name": "Ann",
    "family_name": "Lee",
    "birthday": "1980-02-29",
    "contact_points": [
        {"channel": "sms", "address": "07400 123456", "preferred": True},
        {"channel": "email", "address": "ann.lee@EXAMPLE.org"},
        {"channel": "sms", "label": "phone", "address": "020 7946 0018"},
    ],
    "memberships": [{"body": "leeds-city-college", "job": "lecturer", "valid_from": "2019-09-01"}],
    "interests": ["climate", "disabled-members"],
    "consents": [
        {
            "channel": "sms",
            "purposes": ["campaign", "survey"],
            "granted": True,
            "source": "form",
            "wording_version": "2026-01",
            "at": "2026-01-05T10:00:00Z",
        }
    ],
}


async def joined(members: Any, number: str, **words: Any) -> dict[str, Any]:
    answer = await members.http.post("/members", json=ANN | {"membership_number": number} | words)
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_a_new_member_is_told_whole_and_without_the_membership_number(members: Any, world: World) -> None:
    ann = await joined(members, "A1")

    def about_ann(events: list[Any]) -> bool:
        return any(str(item.event.member_id) == ann["member_id"] for item in events if hasattr(item.event, "member_id"))

    received = await world.received(topics.MEMBERS, about_ann)
    event = next(
        item
        for item in received
        if getattr(item.event, "member_id", None) and str(item.event.member_id) == ann["member_id"]
    )
    snapshot = event.event
    assert isinstance(snapshot, MemberChanged)
    assert snapshot.version == 1
    assert [(point.channel, point.address, point.textable) for point in snapshot.contact_points] == [
        ("sms", "+447400123456", True),
        ("email", "ann.lee@example.org", False),
        ("sms", "+442079460018", False),
    ]
    place = snapshot.memberships[0]
    assert place.path == ("union", "north", "leeds", "leeds-city-college")
    assert (place.region, place.branch, place.branch_name) == ("north", "leeds", "Leeds")
    assert snapshot.interests == ("climate",)
    assert {(consent.purpose, consent.granted) for consent in snapshot.consents} == {
        ("campaign", True),
        ("survey", True),
    }
    assert event.subject == ann["member_id"]
    assert b"A1" not in snapshot.model_dump_json().encode()
    sensitive = await world.read(
        topics.MEMBERS_SENSITIVE,
        lambda events: any(isinstance(item.event, SensitiveInterestsChanged) for item in events),
    )
    assert ("disabled-members",) in [
        item.interests for item in sensitive if isinstance(item, SensitiveInterestsChanged)
    ]
