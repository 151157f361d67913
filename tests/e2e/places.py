"""A stack of the test's own, and plain looks into its tables and books."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import asyncpg
from local_stack.services import next_weekday_noon
from local_stack.stack import Stack
from sandbox.journal.lines import AcceptedMail, JournalFile, SentText

from tests.support.facts import eventually

JARS = Path(__file__).parent.parent.parent / ".muster" / "kafka"
Settings = dict[str, dict[str, str]]

SCALED: Settings = {
    "dispatch-sms": {
        "DEADLINE_SECONDS": "10",
        "CALL_TIMEOUT_SECONDS": "8",
        "PAUSE_SECONDS": "1",
        "LATE_ACCEPT_SECONDS": "1",
        "LIST_LAG_SECONDS": "1",
        "DOUBT_SECONDS": "3",
        "LOOK_GAP_SECONDS": "1",
        "LOOK_EVERY_SECONDS": "0.5",
        "LOOKS_PER_SECOND": "50",
        "STATUS_AFTER_SECONDS": "[5, 10, 600]",
    },
    "dispatch-email": {
        "DEADLINE_SECONDS": "22",
        "CALL_TIMEOUT_SECONDS": "20",
        "SMTP_OFFER_SECONDS": "10",
        "SMTP_ANSWER_SECONDS": "10",
        "SMTP_RETRY_SECONDS": "1",
        "SMTP_RECONNECT_SECONDS": "1",
        "PAUSE_SECONDS": "1",
        "LATE_ACCEPT_SECONDS": "2",
        "LIST_LAG_SECONDS": "0",
        "DOUBT_SECONDS": "3",
        "LOOK_GAP_SECONDS": "1",
        "LOOK_EVERY_SECONDS": "0.5",
    },
}
"""D, T, P, L, V and Q of both dispatchers, a minute made a second or so."""


@asynccontextmanager
async def own_stack(root: Path, settings: Mapping[str, Mapping[str, str]]) -> AsyncIterator[Stack]:
    """Everything from nothing, at noon of a working day. `settings` may be changed for the next start of a service."""
    async with Stack(
        root, JARS, clock_start=next_weekday_noon(datetime.now(UTC)), settings=settings
    ).running() as stack:
        try:
            yield stack
        except BaseException as error:
            error.add_note(f"ended by themselves: {stack.crashed()}")
            raise


async def rows(stack: Stack, service: str, query: str, *values: object) -> list[asyncpg.Record]:
    """What a statement finds in a service's database."""
    connection = await asyncpg.connect(stack.addresses.databases[service].replace("+asyncpg", ""))
    try:
        return list(await connection.fetch(query, *values))
    finally:
        await connection.close()


_OTHERS = """
SELECT 1 FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""


async def alone(stack: Stack, service: str) -> None:
    """Until the database has seen that the service is gone: what it said last may still be committed after its end."""
    await eventually(lambda: rows(stack, service, _OTHERS), until=lambda seen: not seen)


async def standing(stack: Stack, service: str) -> dict[UUID, str]:
    """Every delivery of a dispatcher's ledger with its state."""
    return {row["delivery_id"]: row["state"] for row in await rows(stack, service, "SELECT * FROM deliveries")}


async def waiting(stack: Stack, service: str) -> int:
    """How many deliveries nobody has claimed."""
    return sum(state == "requested" for state in (await standing(stack, service)).values())


async def sending(stack: Stack, service: str) -> frozenset[UUID]:
    """Deliveries whose call was begun and has no outcome."""
    return frozenset(found for found, state in (await standing(stack, service)).items() if state == "sending")


def booked(stack: Stack, file: JournalFile[SentText] | JournalFile[AcceptedMail]) -> list[UUID]:
    """Delivery ids of one of the journal's files, a repeat as often as it is there."""
    return [UUID(line["delivery_id"]) for line in file.lines(stack.journal) if line["delivery_id"]]
