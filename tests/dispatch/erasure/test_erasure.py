"""What stays of a member who was erased: an id as a marker, and STOPs, by the keyed hash of the address alone."""

import uuid
from datetime import date, timedelta

import pytest
from chassis.errors import Unavailable
from contracts import topics
from contracts.enums import Effect
from contracts.events.ballots import ParticipationRecorded
from contracts.events.members import MemberChanged, MemberErased
from dispatch.erasure.residue import withdraw
from dispatch.inbound.inbound import InboundText
from dispatch.ledger.moves import Move
from dispatch.ledger.states import Happening
from dispatch.operations.operations import Decision
from dispatch.provider import InDoubt, Outbound, Rejected

from tests.dispatch.events import OURS, campaign, member
from tests.dispatch.house import House, house_in
from tests.support.facts import eventually
from tests.support.world import World

NUMBER = "+447700914500"
MERGE = {"employer": "Coleg Menai"}


async def erase(house: House, person: MemberChanged) -> None:
    await house.hear(topics.MEMBERS, MemberErased(member_id=person.member_id, version=2))


async def test_a_tombstone_alone_is_an_erasure(own_world: World) -> None:
    """Who was behind for longer than `member.erased` stays, or comes from a backup, finds nothing else."""
    async with house_in(own_world) as house, house.application().serving():
        person = await house.member(number=NUMBER)
        await own_world.publish(topics.MEMBERS, "heartbeat-1", None)
        await own_world.publish(topics.MEMBERS, str(person.member_id), None)

        async def forgotten() -> bool:
            query = "SELECT erased, address FROM contacts WHERE member_id = :id"
            return [tuple(row) for row in await house.rows(query, id=person.member_id)] == [(True, None)]

        await eventually(forgotten)
        delivery = await house.ask(await house.campaign(), person)
        await house.settled(delivery, "skipped")
        assert await house.reason(delivery) == "erased"
        # A client that is cut off while it connects leaves its sockets open.
        await eventually(house.dispatch.recovery.read.is_set)


async def test_a_member_erased_twice_in_one_batch_is_forgotten_once(quiet_house: House) -> None:
    """As when an erasure is repeated while the broker is away, or its tombstone is read with it."""
    house = quiet_house
    person = member()
    await house.hear(topics.MEMBERS, person)
    erasures = (MemberErased(member_id=person.member_id, version=version) for version in (3, 2, 1))
    await house.hear(topics.MEMBERS, *erasures)
    rows = await house.rows("SELECT version, erased, address FROM contacts")
    assert [tuple(row) for row in rows] == [(3, True, None)]
    assert len(await house.rows("SELECT member_id FROM erasures")) <= 1


async def called(house: House, person: MemberChanged, **fields: object) -> Outbound:
    """A delivery with merge values that is being sent."""
    await house.known(campaign("From {{ employer }}", **fields), person, merge=MERGE)
    (call,) = await house.claim()
    return call.message


async def traces(house: House, person: MemberChanged) -> list[str]:
    """Everything in the database that holds the number, its hash, the name or a merge value together with the id."""
    hashed = house.settings.hash_address("sms", NUMBER)
    words = (NUMBER, person.given_name, person.family_name, MERGE["employer"])
    found = []
    for table in await house.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"):
        for row in await house.rows(f"SELECT t::text AS line FROM {table.tablename} t"):
            tied = (
                hashed in row.line and table.tablename != "suppressions" and not _anonymous(table.tablename, row.line)
            )
            if tied or any(word in row.line for word in words):
                found.append(f"{table.tablename}: {row.line}")
    return found


def _anonymous(table: str, line: str) -> bool:
    """A place that is taken, with neither a delivery nor a member nor a poll."""
    return table == "served" and ",,," in line


async def test_nothing_ties_a_delivered_message_to_an_erased_member(quiet_house: House) -> None:
    house, person = quiet_house, member(number=NUMBER)
    message = await called(house, person, poll_id=uuid.uuid4())
    await house.dispatch.outcomes.put(message.delivery_id, 1, house.provider.take(message))
    await house.receipt(message.delivery_id, "delivered", 1)
    assert await traces(house, person) != []
    await erase(house, person)
    assert await traces(house, person) == []
    (told,) = await house.rows("SELECT state, campaign_id FROM deliveries")
    assert told.state == "delivered"


async def test_an_address_that_had_its_message_gets_no_second_one_after_the_erasure(quiet_house: House) -> None:
    house, person, wanted = quiet_house, member(number=NUMBER), campaign()
    await house.known(wanted, person)
    async with house.sending():
        await house.settled(house.request(wanted, person).delivery_id, "accepted")
    await erase(house, person)
    (again,) = await house.known(wanted, member(number=NUMBER))
    async with house.sending():
        await house.settled(again, "skipped")
    assert await house.reason(again) == "same_address"


async def test_what_was_refused_leaves_its_address_free(quiet_house: House) -> None:
    house, person = quiet_house, member(number=NUMBER)
    message = await called(house, person)
    await house.dispatch.outcomes.put(message.delivery_id, 1, Rejected("30007", "filtered"))
    await erase(house, person)
    assert await traces(house, person) == []
    assert await house.rows("SELECT 1 FROM served") == []


async def test_where_every_member_is_written_to_the_place_goes_with_the_member(quiet_house: House) -> None:
    house, person = quiet_house, member(number=NUMBER)
    message = await called(house, person, one_per_member=True)
    await house.dispatch.outcomes.put(message.delivery_id, 1, house.provider.take(message))
    await erase(house, person)
    assert await house.rows("SELECT 1 FROM served") == []


@pytest.mark.parametrize("end", ["held", "found", "not found"])
async def test_a_doubt_keeps_the_address_only_until_it_ends(quiet_house: House, end: str) -> None:
    house, person = quiet_house, member(number=NUMBER)
    message = await called(house, person)
    await house.dispatch.outcomes.put(message.delivery_id, 1, InDoubt("no answer"))
    await erase(house, person)
    (attempt,) = await house.rows("SELECT address FROM attempts")
    assert attempt.address == NUMBER
    assert await house.rows("SELECT 1 FROM deliveries WHERE merge <> '{}'") == []
    happening = {
        "held": Happening.GIVEN_TO_A_PERSON,
        "found": Happening.TOOK,
        "not found": Happening.NOT_FOUND,
    }[end]
    await house.dispatch.ledger.write([(message.delivery_id, Move(happening, "list", 1))])
    await house.claim()
    await house.dispatch.maintenance.sweep()
    (attempt,) = await house.rows("SELECT address FROM attempts")
    assert attempt.address is None
    if end == "held":
        await house.dispatch.operations.release(message.delivery_id, Decision.REJECTED, "a person", None)
        await house.dispatch.maintenance.sweep()
    assert await traces(house, person) == []


async def test_a_held_address_goes_at_once(quiet_house: House) -> None:
    house, person = quiet_house, member(number=NUMBER)
    message = await called(house, person)
    await house.dispatch.outcomes.put(message.delivery_id, 1, InDoubt("no answer"))
    await house.dispatch.ledger.write([(message.delivery_id, Move(Happening.GIVEN_TO_A_PERSON, "list", 1))])
    await erase(house, person)
    (attempt,) = await house.rows("SELECT address FROM attempts")
    assert attempt.address is None


async def test_what_waits_and_what_comes_late_keeps_no_merge_values(quiet_house: House) -> None:
    house, person = quiet_house, member(number=NUMBER)
    await house.known(campaign("From {{ employer }}", state="paused"), person, merge=MERGE)
    await erase(house, person)
    late = campaign("From {{ employer }}")
    await house.hear(topics.SMS_REQUESTS, house.request(late, person, merge=MERGE))
    rows = await house.rows("SELECT state, reason FROM deliveries")
    assert [(row.state, row.reason) for row in rows] == [("skipped", "erased")] * 2
    assert await traces(house, person) == []


async def test_who_took_part_is_forgotten_and_not_remembered_again(quiet_house: House) -> None:
    house, person = quiet_house, member(number=NUMBER)
    word = ParticipationRecorded(
        ballot_id=uuid.uuid4(), member_id=person.member_id, effect=Effect.VOTED, on=date(2026, 3, 2)
    )
    await house.hear(topics.MEMBERS, person)
    await house.hear(topics.PARTICIPATION, word)
    assert await house.rows("SELECT 1 FROM participation")
    await erase(house, person)
    await house.hear(topics.PARTICIPATION, word)
    assert await house.rows("SELECT 1 FROM participation") == []


async def test_a_stop_stays_as_the_keyed_hash_alone(quiet_house: House) -> None:
    house, person = quiet_house, member(number=NUMBER)
    message = await called(house, person)
    await house.dispatch.outcomes.put(message.delivery_id, 1, house.provider.take(message))
    await house.dispatch.inbound.hear(InboundText(NUMBER, OURS, "STOP", "SM1"))
    await house.rows_changed("DELETE FROM outbox")  # said; the relay deletes what it has said
    await erase(house, person)
    assert await traces(house, person) == []
    (kept,) = await house.rows("SELECT address_hash, source FROM suppressions WHERE lifted_at IS NULL")
    assert (kept.address_hash, kept.source) == (house.settings.hash_address("sms", NUMBER), "keyword")
    (again,) = await house.known(campaign(), member(number=NUMBER))
    async with house.sending():
        await house.settled(again, "skipped")
    assert await house.reason(again) == "suppressed"


async def test_an_erasure_is_done_with_once_nothing_is_left(quiet_house: House) -> None:
    house, person = quiet_house, member(number=NUMBER)
    message = await called(house, person)
    await erase(house, person)
    await house.rows_changed("UPDATE erasures SET at = at - interval '1 hour'")
    await house.dispatch.maintenance.sweep()
    assert len(await house.rows("SELECT 1 FROM erasures")) == 1
    house.clock.advance(timedelta(minutes=1))
    await house.dispatch.outcomes.put(message.delivery_id, 1, house.provider.take(message))
    await house.dispatch.maintenance.sweep()
    assert await house.rows("SELECT 1 FROM erasures") == []


async def test_the_providers_copies_of_what_has_ended_are_deleted_once_each(quiet_house: House) -> None:
    house, person = quiet_house, member(number=NUMBER)
    message = await called(house, person)
    taken = house.provider.take(message)
    await house.dispatch.outcomes.put(message.delivery_id, 1, taken)
    await erase(house, person)
    deleted: list[str] = []

    async def delete(reference: str) -> None:
        deleted.append(reference)

    async def refuse(_: str) -> None:
        raise Unavailable("the provider cannot be asked")

    assert (await withdraw(house.database, delete)).did == "deleted 0"  # accepted: its receipt may be asked for
    await house.receipt(message.delivery_id, "delivered", 1)
    refused = await withdraw(house.database, refuse)
    assert refused.left == "1 messages: the provider cannot be asked"
    for _ in range(2):
        assert (await withdraw(house.database, delete)).left == ""
    assert deleted == [taken.reference]
