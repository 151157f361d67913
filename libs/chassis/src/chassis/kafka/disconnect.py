"""Closes a producer within a bounded time, whether the broker answers or not."""

import asyncio
from contextlib import suppress

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, ProducerClosed
from chassis.observability.logs import get
from chassis.tasks import cancelled

log = get(__name__)
_PATIENCE = 2.0
"""Seconds for what is still to be said to the broker: it answers in milliseconds, or it is away."""


async def abort(producer: AIOKafkaProducer) -> None:
    """Abort the open transaction if the broker answers; otherwise the next producer's start does it."""
    with suppress(KafkaError, TimeoutError, AssertionError):  # it asserts that there is something left to abort
        async with asyncio.timeout(_PATIENCE):
            await producer.abort_transaction()


async def disconnect(producer: AIOKafkaProducer) -> None:
    """Flush and close. The producer's own `stop` waits without end for a broker that is away, and its sender goes on
    after a timeout: then what was not acknowledged is given up, and the sender's task is cancelled."""
    try:
        async with asyncio.timeout(_PATIENCE):
            await producer.stop()
    except TimeoutError:
        log.warning("the broker is away: what it has not acknowledged is given up")
        await _abandon(producer)
    except (KafkaError, OSError) as error:
        log.warning("a producer did not close in order", error=type(error).__name__)


async def _abandon(producer: AIOKafkaProducer) -> None:
    producer._message_accumulator.fail_all(ProducerClosed())  # there is no public way out
    if (sender := producer._sender.sender_task) is not None:
        await cancelled([sender], again=0.2)
    with suppress(KafkaError, OSError):
        async with asyncio.timeout(_PATIENCE):
            await producer.client.close()
