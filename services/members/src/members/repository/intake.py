"""Events that other systems posted, by source and id."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from members.domain.envelopes import Incoming
from members.models import ReceivedRow
from sqlalchemy import text, tuple_
from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

Key = tuple[str, str]

_CLAIM = text("""
    INSERT INTO received_events (source, event_id, digest, answer, received_at)
    SELECT source, event_id, digest, '{}'::json, :at
    FROM unnest(CAST(:sources AS text[]), CAST(:ids AS text[]), CAST(:digests AS bytea[]))
         AS e(source, event_id, digest)
    ORDER BY source, event_id
    ON CONFLICT DO NOTHING
    RETURNING source, event_id
""")
_ANSWER = text("""
    UPDATE received_events r SET answer = CAST(e.answer AS json)
    FROM unnest(CAST(:sources AS text[]), CAST(:ids AS text[]), CAST(:answers AS text[])) AS e(source, event_id, answer)
    WHERE r.source = e.source AND r.event_id = e.event_id
""")


async def claim(session: AsyncSession, events: Sequence[Incoming], at: datetime) -> set[Key]:
    """Keys that are new. A key that another transaction is just adding is waited for."""
    values = {
        "sources": [event.source for event in events],
        "ids": [event.id for event in events],
        "digests": [event.digest for event in events],
        "at": at,
    }
    return {(row.source, row.event_id) for row in await session.execute(_CLAIM, values)}


async def known(session: AsyncSession, keys: Sequence[Key]) -> dict[Key, tuple[bytes, dict[str, Any]]]:
    """Digest and stored answer by key."""
    if not keys:
        return {}
    statement = select(ReceivedRow.source, ReceivedRow.event_id, ReceivedRow.digest, ReceivedRow.answer).where(
        tuple_(col(ReceivedRow.source), col(ReceivedRow.event_id)).in_(keys)
    )
    return {(row[0], row[1]): (row[2], dict(row[3])) for row in await session.exec(statement)}


async def answer(session: AsyncSession, answers: dict[Key, str]) -> None:
    """Store what was answered (JSON text), for the next time."""
    values = {
        "sources": [source for source, _ in answers],
        "ids": [event_id for _, event_id in answers],
        "answers": list(answers.values()),
    }
    await session.execute(_ANSWER, values)


async def prune(session: AsyncSession, before: datetime) -> None:
    """Forget keys received before a moment."""
    await session.exec(delete(ReceivedRow).where(col(ReceivedRow.received_at) < before))
