"""A provider that leaves everything in doubt for a while: doubt is bounded, and nothing is lost afterwards."""

import asyncio
from collections import Counter

from dispatch.pacing.control import RUN
from dispatch.provider import InDoubt, Outbound, Outcome

from tests.dispatch.events import campaign, member
from tests.dispatch.house import house_in
from tests.support.facts import eventually
from tests.support.world import World

RATE, MANY, PROBES = 100.0, 300, 5


async def unavailable(_: Outbound) -> Outcome:
    return InDoubt("http_503")


async def test_an_outage_of_503_leaves_few_in_doubt_and_everything_is_sent_once_afterwards(world: World) -> None:
    async with house_in(world, trial_rate=RATE, max_attempts=50) as house:
        deliveries = await house.known(campaign(), *[member() for _ in range(MANY)])
        house.provider.answer = unavailable
        began = asyncio.get_running_loop().time()
        async with house.sending(reconciling=True):
            await eventually(lambda: len(house.provider.called) >= RUN + PROBES)
            await eventually(lambda: house.count("not_sent_for_our_fault_total", why="breaker open"))
            seconds = asyncio.get_running_loop().time() - began
            drawn = 2 * RATE * house.settings.window_seconds
            probes = seconds / house.settings.probe_seconds + 1
            assert house.count("in_doubt_opened_total") <= RUN + drawn + probes
            house.provider.answer = None
            await eventually(lambda: len(house.provider.journal) == MANY, within=90)
            for delivery in deliveries:
                await house.settled(delivery, "accepted")
        sent = Counter(message.delivery_id for message in house.provider.journal)
        assert sent == dict.fromkeys(deliveries, 1)
