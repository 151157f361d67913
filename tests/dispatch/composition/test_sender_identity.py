"""A message goes out in the name of the body that it says it is from."""

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from contracts.events.campaigns import Sender
from contracts.events.members import Membership
from dispatch.projection.contact import UnitPath
from dispatch.sending.composition.sender_identity import bodies_of

from tests.dispatch.events import NOON, OURS, campaign, member
from tests.dispatch.house import House, house_in
from tests.support.world import World

TODAY = date(2026, 3, 2)
ARFON, GWENT = "+447700902001", "+447700902002"


def place(*path: str, since: int = 2010, until: date | None = None) -> UnitPath:
    """A place in a body, given from the union down to it."""
    return UnitPath(tuple(reversed(path)), date(since, 1, 1), until)


NORTH, SOUTH = ("union", "north", "arfon"), ("union", "south", "gwent")


@pytest.mark.parametrize(
    ("places", "branch", "region", "bodies"),
    [
        ([place(*NORTH), place(*SOUTH, since=2020)], "arfon", "north", ("arfon", "north", "union")),
        ([place(*NORTH), place(*SOUTH, since=2020)], "gwent", "south", ("gwent", "south", "union")),
        ([place(*NORTH, until=date(2026, 3, 1))], None, None, ()),
        ([place(*NORTH, until=TODAY)], "arfon", "north", ("arfon", "north", "union")),
        ([place(*NORTH, until=date(2026, 3, 1)), place("union", "south")], None, "south", ("south", "union")),
        ([place(*NORTH), place("union", "north")], None, "north", ("north", "union")),
        ([place(*NORTH, "mill")], "arfon", "north", ("mill", "arfon", "north", "union")),
        (
            [place(*NORTH, "mill", since=2020), place(*NORTH, "quarry")],
            "arfon",
            "north",
            ("arfon", "north", "union", "quarry", "mill"),
        ),
        ([place(*SOUTH)], "arfon", "north", ("arfon", "north", "union")),
        ([], "arfon", "north", ("arfon", "north")),
        ([place("union")], None, None, ("union",)),
    ],
    ids=[
        "the older of two branches",
        "the newer of two branches",
        "a membership that ended is none",
        "on its last day it has not",
        "one that ended, and a region",
        "a region, not the branch in it",
        "the workplace in the branch",
        "of two workplaces it is not known which is meant",
        "a branch left since it was asked for",
        "no membership at all any more",
        "the union itself",
    ],
)
def test_the_bodies_of_a_delivery_are_those_above_the_branch_it_was_asked_for(
    places: list[UnitPath], branch: str | None, region: str | None, bodies: tuple[str, ...]
) -> None:
    assert bodies_of(branch, region, places, TODAY) == bodies


def membership(branch: str, since: int, until: date | None = None) -> Membership:
    path = ("union", branch)
    return Membership(body=branch, path=path, branch=branch, valid_from=date(since, 1, 1), valid_to=until)


SENDERS = (
    Sender(channel="sms", address=OURS),
    Sender(channel="sms", body="arfon", address=ARFON),
    Sender(channel="sms", body="gwent", address=GWENT),
)


async def test_who_is_in_two_branches_is_written_to_from_the_one_the_message_names(quiet_house: House) -> None:
    house, person = quiet_house, member(memberships=(membership("arfon", 2010), membership("gwent", 2020)))
    words: dict[str, Any] = {"words": "From {{ branch }}", "senders": SENDERS}
    for branch in ("arfon", "gwent"):
        await house.known(campaign(**words), person, branch=branch, merge={"branch": branch})
    async with house.sending():
        for delivery in await house.rows("SELECT delivery_id FROM deliveries"):
            await house.settled(delivery.delivery_id, "accepted")
    sent = {(message.text, message.sender) for message in house.provider.journal}
    assert sent == {("From arfon", ARFON), ("From gwent", GWENT)}


async def test_who_has_left_their_branch_is_written_to_by_the_union_itself(quiet_house: House) -> None:
    house = quiet_house
    gone = member(memberships=(membership("arfon", 2010, until=NOON.date() - timedelta(days=1)),))
    (delivery,) = await house.known(campaign(senders=SENDERS), gone, branch=None)
    async with house.sending():
        await house.settled(delivery, "accepted")
    assert [message.sender for message in house.provider.journal] == [OURS]


async def test_a_membership_is_over_when_the_unions_own_day_is(world: World) -> None:
    gone = member(memberships=(membership("arfon", 2010, until=NOON.date()),))
    async with house_in(world, time_zone=ZoneInfo("Pacific/Auckland")) as house:
        (delivery,) = await house.known(campaign(senders=SENDERS), gone, branch=None)
        async with house.sending():
            await house.settled(delivery, "accepted")
    assert [message.sender for message in house.provider.journal] == [OURS]
