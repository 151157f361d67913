"""Events that other systems posted, by source and id, with the stored answer."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from members.domain.intake.cloudevents import CloudEvent
from members.domain.intake.posted_events import AcceptedEvent, EventKey
from members.models.intake import ReceivedRow
from sqlalchemy import text, tuple_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

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


async def claim(session: AsyncSession, events: Sequence[CloudEvent], at: datetime) -> set[EventKey]:
    """Keys that are new. Waits for a transaction that is adding the same key."""
    values = {
        "sources": [event.source for event in events],
        "ids": [event.id for event in events],
        "digests": [event.digest for event in events],
        "at": at,
    }
    return {(row.source, row.event_id) for row in await session.execute(_CLAIM, values)}


async def stored(
    session: AsyncSession, keys: Sequence[EventKey]
) -> tuple[dict[EventKey, bytes], dict[EventKey, AcceptedEvent]]:
    """Digests by key, and what was answered to the keys that have an answer."""
    statement = select(ReceivedRow.source, ReceivedRow.event_id, ReceivedRow.digest, ReceivedRow.answer).where(
        tuple_(col(ReceivedRow.source), col(ReceivedRow.event_id)).in_(keys)
    )
    found = (await session.exec(statement)).all()
    answers = {(source, id_): AcceptedEvent.model_validate(answer) for source, id_, _, answer in found if answer}
    return {(source, id_): digest for source, id_, digest, _ in found}, answers


async def store_answers(session: AsyncSession, answers: Mapping[EventKey, AcceptedEvent]) -> None:
    """Store what is answered to each key."""
    values = {
        "sources": [source for source, _ in answers],
        "ids": [event_id for _, event_id in answers],
        "answers": [answer.model_dump_json(exclude_none=True) for answer in answers.values()],
    }
    await session.execute(_ANSWER, values)
