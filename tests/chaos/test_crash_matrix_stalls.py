"""Rows 13, 14 and 17 of DELIVERY.md's crash matrix on real processes: stalls and replicas; then the judge of it all."""

import asyncio
import signal
from typing import Any

from contracts.events.members import MemberErased
from contracts.ids import Ids
from contracts.topics import MEMBERS
from muster_demo.judge import judge
from muster_demo.run import settled

from tests.chaos.house import House
from tests.support.facts import eventually

SMS = "dispatch-sms"


async def test_13_a_process_that_is_stopped_past_the_deadline_does_not_send_what_another_has_sent(house: House) -> None:
    body = await house.branch(1)
    await house.arm(SMS, "sender.claimed=1:stop")
    campaign = await house.campaign(body)
    await house.stands_still("sender.claimed")
    await eventually(lambda: house.states(campaign), within=60, until=lambda seen: seen == {"sending": 1})
    await house.second(SMS)
    (text,) = await house.taken(campaign)
    assert text["gen"] == 2
    await house.stack.kill(SMS, signal.SIGCONT)
    await house.settled(campaign, 1)
    await house.stack.restart(SMS)
    await house.stack.scale(SMS, 1)
    await house.settled(campaign, 1)


async def test_14_replicas_that_come_and_go_send_everything_once(house: House) -> None:
    body, sms = await house.branch(25), house.settings[SMS]
    usual, sms["SMS_RATE_PER_SECOND"] = sms["SMS_RATE_PER_SECOND"], "0.05"
    await house.stack.restart(SMS)
    campaign = await house.campaign(body)
    await house.taken(campaign)
    for replicas in (2, 3, 1, 2):
        await house.stack.scale(SMS, replicas)
        assert (await house.states(campaign))["requested"], "nothing was left to be moved"
    sms["SMS_RATE_PER_SECOND"] = usual
    await house.stack.scale(SMS, 1)
    await house.stack.restart(SMS)
    await house.settled(campaign, 25)


async def test_17_a_relay_that_stood_still_while_another_took_over_brings_nobody_back(house: House) -> None:
    body = await house.branch(1)
    await house.arm("members", "outbox.publishing=1:stop")
    person = house.person(body)
    posting = asyncio.create_task(house.staff.post("members", "/members", person))
    await house.stands_still("outbox.publishing")
    member = await house.member_id(person)
    await house.second("members")
    await eventually(lambda: house.heard(MEMBERS, member), within=120)
    async with house.at("members-2") as second:
        assert (await second.delete(f"/members/{member}")).status_code == 204
    gone = await eventually(lambda: house.heard(MEMBERS, member), within=60, until=erased_last)
    await house.stack.kill("members", signal.SIGCONT)
    log = house.stack.logs / "members.log"
    await eventually(lambda: "outbox relay lost its place" in log.read_text(), within=60)
    await posting
    await house.stack.restart("members")
    await house.stack.scale("members", 1)
    assert await house.heard(MEMBERS, member) == gone


def erased_last(seen: list[Any]) -> bool:
    return bool(seen) and seen[-1]["type"] == MemberErased.type_name


async def test_after_all_of_it_the_sets_agree(house: House) -> None:
    verdict = judge(await settled(house.stack), Ids(house.stack.secrets["ID_SECRET"].encode()).delivery)
    assert verdict.holds, verdict.sentences()
    assert house.stack.crashed() == []
    assert verdict.sizes["journal"] > 0
