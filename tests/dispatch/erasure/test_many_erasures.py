"""What erasures cost: the same however many campaigns there were, and sending goes on meanwhile."""

import time
import uuid
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import pytest
from contracts import topics
from contracts.events.members import MemberErased

from tests.dispatch.events import NOON, campaign, member
from tests.dispatch.house import House, house_in
from tests.dispatch.trial import PATIENT
from tests.support.facts import eventually
from tests.support.statements import Sent, sent_to
from tests.support.world import World

_PAST = """
INSERT INTO deliveries (delivery_id, month, campaign_id, step, variant, script_version, member_id, member_version,
    branch, urgent, expires_at, merge, admitted_at, not_before, state, address_hash)
SELECT gen_random_uuid(), d.month, c.campaign_id, 1, '', 1, l.member_id, 1, d.branch, false, d.expires_at,
    '{"employer": "Coleg Menai"}', d.admitted_at, d.not_before, 'delivered', l.member_id::text
FROM lapsed l, past c, (SELECT * FROM deliveries LIMIT 1) d
"""
_SERVED = """
INSERT INTO served (campaign_id, step, address_hash, slot, delivery_id, member_id, sender, test, asked_at, expires_at)
SELECT campaign_id, step, address_hash, '00000000-0000-0000-0000-000000000000', delivery_id, member_id, '', false,
    admitted_at, expires_at FROM deliveries WHERE state = 'delivered'
"""
_ATTEMPTS = """
INSERT INTO attempts (delivery_id, gen, month, t_send, deadline, sender, mark, outcome)
SELECT delivery_id, 1, month, admitted_at, admitted_at, '', '', 'accepted' FROM deliveries WHERE state = 'delivered'
"""
_CONTACTS = """
INSERT INTO contacts (member_id, version, erased, status, given_name, family_name, language, time_zone, address,
    address_hash, usable, consents, places)
SELECT l.member_id, 1, false, c.status, c.given_name, c.family_name, c.language, c.time_zone, c.address,
    l.member_id::text, true, c.consents, c.places
FROM (SELECT member_id FROM lapsed UNION ALL SELECT member_id FROM others) l, (SELECT * FROM contacts LIMIT 1) c
"""
_WAITING = """
INSERT INTO deliveries (delivery_id, month, campaign_id, step, variant, script_version, member_id, member_version,
    branch, urgent, expires_at, merge, admitted_at, not_before, due, place)
SELECT gen_random_uuid(), d.month, d.campaign_id, 1, '', 1, o.member_id, 1, d.branch, false, d.expires_at, '{}',
    d.admitted_at, d.not_before, true, d.place + row_number() OVER ()
FROM others o, (SELECT * FROM deliveries WHERE state = 'requested' LIMIT 1) d
"""


async def erase(house: House, members: Sequence[UUID]) -> None:
    await house.hear(topics.MEMBERS, *(MemberErased(member_id=member_id, version=2) for member_id in members))


async def sent(house: House, members: Sequence[UUID]) -> list[Sent]:
    with sent_to(house.database) as found:
        await erase(house, members)
    return found


async def test_an_erasure_is_asked_of_the_database_in_the_same_words_after_many_campaigns(quiet_house: House) -> None:
    house, somebody = quiet_house, member()
    await house.known(campaign(), somebody)
    one = await sent(house, [uuid.uuid4() for _ in range(20)])
    for _ in range(30):
        await house.known(campaign(), somebody)
    assert await sent(house, [uuid.uuid4() for _ in range(20)]) == one


async def test_somebody_of_whom_nothing_is_left_is_looked_at_once_more(quiet_house: House) -> None:
    house, person = quiet_house, member()
    await house.known(campaign(state="paused"), person)
    await erase(house, [person.member_id])
    await house.dispatch.maintenance.sweep()
    (looked,) = await house.rows("SELECT look_at - at AS after FROM erasures")
    assert looked.after == timedelta(minutes=10)
    await house.rows_changed("UPDATE erasures SET at = at - interval '1 hour', look_at = look_at - interval '1 hour'")
    await house.dispatch.maintenance.sweep()
    assert await house.rows("SELECT 1 FROM erasures") == []


@pytest.mark.long
async def test_fifty_thousand_are_erased_in_minutes_while_others_are_sent_to(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each had 20 messages. Prints how long it takes, and how many messages went meanwhile."""
    rate = 50.0
    async with house_in(world, trial_rate=rate, **PATIENT) as house:
        await house.known(campaign(expires_at=NOON + timedelta(days=3)), member())
        for table, rows in (("lapsed", 50_000), ("others", 50_000), ("past", 20)):
            identifier = "campaign_id" if table == "past" else "member_id"
            query = f"SELECT gen_random_uuid() AS {identifier} FROM generate_series(1, {rows})"
            await house.rows_changed(f"CREATE TABLE {table} AS {query}")
        for statement in (_CONTACTS, _PAST, _SERVED, _ATTEMPTS, _WAITING, "ANALYZE"):
            await house.rows_changed(statement)
        members = [row.member_id for row in await house.rows("SELECT member_id FROM lapsed")]
        async with house.sending():
            await eventually(lambda: len(house.provider.called), until=lambda seen: seen > 100)
            before, began = len(house.provider.called), time.monotonic()
            for first in range(0, len(members), 500):
                await erase(house, members[first : first + 500])
            await house.dispatch.maintenance.sweep()
            took, went = time.monotonic() - began, len(house.provider.called) - before
        left = await house.rows("SELECT 1 FROM deliveries WHERE merge <> '{}' LIMIT 1")
        with capsys.disabled():
            print(f"\n50,000 erased in {took:.0f} s, {went / took:.1f} messages/s of {rate:.0f}")  # noqa: T201 - asked for
        assert left == []
        assert took < 300
        assert went > 0.9 * rate * took
