"""Who has left loses contact data after a time, and is erased after a longer one."""

from datetime import timedelta
from typing import Any

from contracts import topics
from contracts.event import Received
from contracts.events.members import MemberChanged, MemberErased

from tests.members.service import Running
from tests.support.world import World


async def member(members: Running, number: str, **given: Any) -> dict[str, Any]:
    fields = {
        "membership_number": number,
        "given_name": "Ann",
        "family_name": "Lee",
        "birthday": "1980-05-04",
        "contact_points": [{"channel": "sms", "address": "07400 123456"}],
        "interests": ["climate"],
        "sensitive_interests": ["disabled-members"],
        "memberships": [{"body": "leeds"}],
    }
    answer = await members.http.post("/members", json=fields | given)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def change(members: Running, member_id: str, **given: Any) -> None:
    url = f"/members/{member_id}"
    tag = (await members.http.get(url)).headers["etag"]
    answer = await members.http.patch(url, json=given, headers={"if-match": tag})
    assert answer.status_code == 200, answer.text


async def kept(members: Running, member_id: str) -> tuple[Any, ...] | None:
    answer = await members.http.get(f"/members/{member_id}")
    if answer.status_code == 404:
        return None
    found = answer.json()
    names = ("contact_points", "interests", "sensitive_interests", "birthday")
    return tuple(bool(found[name]) for name in names)


async def test_contact_data_goes_after_a_year_and_the_record_after_seven(members: Running, world: World) -> None:
    leaver, dead, rejoined, present = [(await member(members, f"L{number}"))["member_id"] for number in range(4)]
    await change(members, leaver, status="left")
    await change(members, dead, status="deceased")
    await change(members, rejoined, status="left")
    await change(members, rejoined, status="active", memberships=[{"body": "leeds"}])
    members.clock.advance(timedelta(days=360))
    await members.run_task("retention")
    assert await kept(members, leaver) == await kept(members, dead) == (True, True, True, True)
    members.clock.advance(timedelta(days=10))
    await members.run_task("retention")
    assert await kept(members, leaver) == await kept(members, dead) == (False, False, False, False)

    def emptied(seen: list[Received]) -> bool:
        events = [one.event for one in seen if one.subject == leaver]
        return any(isinstance(event, MemberChanged) and not event.contact_points for event in events)

    last = [one.event for one in await world.received(topics.MEMBERS, emptied) if one.subject == leaver][-1]
    assert isinstance(last, MemberChanged)
    assert (last.contact_points, last.interests, last.birthday) == ((), (), None)
    members.clock.advance(timedelta(days=2200))
    await members.run_task("retention")
    assert await kept(members, leaver) is await kept(members, dead) is None

    def erased(seen: list[Received]) -> bool:
        return {leaver, dead} <= {one.subject for one in seen if isinstance(one.event, MemberErased)}

    await world.received(topics.MEMBERS, erased)
    for one in (rejoined, present):
        assert await kept(members, one) == (True, True, True, True)
