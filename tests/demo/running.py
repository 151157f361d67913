"""One small demo from its first process to its last, and everything that can be looked at afterwards."""

import io
import os
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer
from contracts.topics import ALL, Topic
from local_stack.stack import Stack
from muster_demo import evidence
from muster_demo.api import Staff
from muster_demo.demo import Outcome, fresh_stack, run
from muster_demo.judge import Evidence
from rich.console import Console

MEMBERS = 600
_SECRET = "0123456789abcdef" * 3


@dataclass(frozen=True)
class Remains:
    """What a demo left to be looked at."""

    outcome: Outcome
    evidence: Evidence
    id_secret: bytes
    member_ids: frozenset[str]
    topics: dict[Topic, list[bytes]]
    logs: dict[str, str]
    histories: dict[str, dict[str, Any]]
    pids: tuple[int, ...]
    seen_by_a_plain_client: int


async def small_demo(root: Path, jars: Path) -> Remains:
    """Run it, take what is there, and stop everything."""
    since = time.monotonic()
    async with fresh_stack(root, jars).running() as stack:
        outcome = await run(stack, MEMBERS, Console(file=io.StringIO()), since)
        remains = Remains(
            outcome=outcome,
            evidence=await evidence.gather(stack),
            id_secret=stack.secrets["ID_SECRET"].encode(),
            member_ids=frozenset(str(row[0]) for row in await evidence.rows(stack, "members", _MEMBERS)),
            topics={topic: await evidence.values(stack, topic) for topic in ALL},
            logs={},
            histories=await _histories(stack),
            pids=tuple(child.pid for child in stack.children.values()),
            seen_by_a_plain_client=await _plain_client(stack),
        )
    return replace(remains, logs={path.name: path.read_text(errors="replace") for path in stack.logs.iterdir()})


_MEMBERS = "SELECT member_id FROM members"
_ONE = "SELECT member_id FROM deliveries WHERE state = '{}' ORDER BY delivery_id LIMIT 1"
_ANSWERING = "SELECT voter FROM answers WHERE status = 'counted' AND channel = 'sms' ORDER BY answer_id LIMIT 1"


async def _histories(stack: Stack) -> dict[str, dict[str, Any]]:
    """The joined history of one skipped, one delivered and one answering member."""
    chosen = {
        "skipped": await evidence.rows(stack, "dispatch-sms", _ONE.format("skipped")),
        "delivered": await evidence.rows(stack, "dispatch-sms", _ONE.format("delivered")),
        "answering": await evidence.rows(stack, "ballot", _ANSWERING),
    }
    async with Staff(stack, "casework", _SECRET) as staff:
        return {who: await staff.get("members", f"/members/{rows[0][0]}/history") for who, rows in chosen.items()}


async def _plain_client(stack: Stack) -> int:
    """How many records a client that knows nothing of Muster reads from `deliveries`."""
    consumer = AIOKafkaConsumer("deliveries", bootstrap_servers=stack.kafka.bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        batch = await consumer.getmany(timeout_ms=10_000)
    finally:
        await consumer.stop()
    return sum(len(records) for records in batch.values())


def alive(pid: int) -> bool:
    """Whether there is such a process."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
