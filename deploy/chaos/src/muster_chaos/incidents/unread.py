"""What is on its way between the services: events that are not published, records that a service has not read."""

import asyncio
from collections.abc import Collection

from chassis.db.database import command_database
from chassis.errors import Unavailable
from chassis.kafka.catch_up import CatchUp
from chassis.kafka.producer import Broker
from chassis.settings import BrokerSettings
from contracts.topics import ALL, DELIVERIES, REPLIES, SERVICES
from local_stack.stack import Stack
from muster_demo import evidence

DISPATCHERS = ("dispatch-sms", "dispatch-email")
OWN = frozenset({DELIVERIES.name, REPLIES.name})
"""What dispatchers write. They read it only to find out whether their databases were set back."""
_BY_NAME = {topic.name: topic for topic in ALL}
_UNPUBLISHED = "SELECT count(*) AS number FROM outbox"
_GROUPS = "SELECT DISTINCT consumer_group, topic FROM consumed"


class _Local(BrokerSettings):
    service = "chaos"


async def nothing_unread(stack: Stack, *, but_own: bool = False) -> bool:
    """Whether every outbox is empty and every group has read its topics to their ends; with `but_own` without what
    dispatchers read of their own. False while a server is down."""
    try:
        return all(await asyncio.gather(*(_done(stack, service, but_own=but_own) for service in SERVICES)))
    except (*evidence.AWAY, Unavailable):
        return False


async def _done(stack: Stack, service: str, *, but_own: bool) -> bool:
    (outbox,) = await evidence.rows(stack, service, _UNPUBLISHED)
    groups = [(row["consumer_group"], row["topic"]) for row in await evidence.rows(stack, service, _GROUPS)]
    leave: Collection[str] = OWN if but_own and service in DISPATCHERS else ()
    return not outbox["number"] and await _read(stack, service, [each for each in groups if each[1] not in leave])


async def _read(stack: Stack, service: str, groups: Collection[tuple[str, str]]) -> bool:
    async with command_database(stack.addresses.databases[service]) as database:
        reading = CatchUp(Broker(_Local(kafka_bootstrap_servers=stack.kafka.bootstrap)), database)
        for group, topic in groups:
            if not all((await reading.passed(group, _BY_NAME[topic])).values()):
                return False
    return True
