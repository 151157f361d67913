"""The broker is replaced by an empty one in mid-campaign, as an operator does it.

What nobody has read goes with a broker. So all sending is stopped, staff and members are quiet, and once everything is
read the dispatchers, which alone still publish by themselves, are made to stand still before the broker is killed.
"""

import asyncio
import signal
import sys

from contracts.topics import DELIVERIES, SERVICES, UNION_EVENTS
from local_stack.processes import Command, run
from local_stack.stack import Stack
from muster_chaos.disruption.disruptor import Disruptor
from muster_chaos.incidents.unread import DISPATCHERS, nothing_unread
from muster_demo import evidence
from muster_demo.staff import until

_WITHIN = 240.0
_JUDGED = (DELIVERIES, UNION_EVENTS)
_NOT_NOTED = "SELECT consumer_group, topic FROM consumed WHERE lost_since IS NULL"


class RebuiltBroker:
    """Of one stack. To be called while no member, staff or campaign adds anything, and all sending is stopped."""

    def __init__(self, stack: Stack, disruptor: Disruptor) -> None:
        self._stack, self._disruptor = stack, disruptor

    async def replace(self) -> None:
        """Return once every service has accepted the new one."""
        stack = self._stack
        for name in list(stack.children):
            await self._disruptor.ready(name)
        await self._still()
        async with self._disruptor.away("kafka"):
            self._let_go_on()
            stack.kafka.wipe()
        await stack.kafka.create_topics()
        await until(self._not_noted, lambda left: not left, within=_WITHIN, what="the rebuilt broker is noticed")
        for service in SERVICES:
            await self._accept(service)

    async def _still(self) -> None:
        """Until all is read, nothing is written any more, and what the judge reads of the topics is kept."""
        while True:
            await until(lambda: nothing_unread(self._stack), bool, within=_WITHIN, what="everything read", every=1.0)
            self._signal(signal.SIGSTOP)
            await asyncio.sleep(0.5)  # what they had sent before arrives
            if all([await nothing_unread(self._stack, but_own=True) for _ in range(2)]):
                break  # twice: what was read last may have had something published
            self._let_go_on()
        for topic in _JUDGED:
            self._stack.gone_values.setdefault(topic.name, []).extend(await evidence.present_values(self._stack, topic))

    def _let_go_on(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, what: signal.Signals) -> None:
        for service in DISPATCHERS:
            for replica in self._stack.replicas(service):
                self._stack.children[replica].send(what)

    async def _not_noted(self) -> list[tuple[str, str, str]]:
        """Groups that have not noticed yet that their positions are in a log that is gone."""
        try:
            found = {service: await evidence.rows(self._stack, service, _NOT_NOTED) for service in SERVICES}
        except evidence.AWAY:
            return [("", "", "a database is away")]
        return [(service, row["consumer_group"], row["topic"]) for service, rows in found.items() for row in rows]

    async def _accept(self, service: str) -> None:
        argv = (sys.executable, "-m", "chassis.cli", "topics", "accept-rebuilt", service)
        log = self._stack.logs / "accept-rebuilt.log"
        await run(Command(f"accept-rebuilt {service}", argv, log, self._stack.environment(service)))
