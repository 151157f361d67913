"""Events of other union systems, for organisers to act on."""

from collections.abc import Sequence
from datetime import datetime

from chassis.kafka.batch import ReceivedEvent
from segmenter.domain.union_events import UnionEvent
from segmenter.models import union_events
from segmenter.repository.projection.rows import insert_rows
from sqlalchemy import select
from sqlmodel.ext.asyncio.session import AsyncSession


async def add(session: AsyncSession, received: Sequence[ReceivedEvent]) -> None:
    """Each event once; those that concern no union body are not kept."""
    rows = [
        {
            "source": item.source,
            "event_id": item.id,
            "type": item.event.type_name,
            "subject": item.key,
            "body": body,
            "at": item.time or item.timestamp,
            "data": item.event.model_dump(mode="json"),
        }
        for item in received
        if (body := getattr(item.event, "body", None))
    ]
    if rows:
        await session.execute(insert_rows(union_events, rows).on_conflict_do_nothing())


async def latest(session: AsyncSession, body: str | None, before: datetime | None, limit: int) -> list[UnionEvent]:
    """The latest events, of one union body if it is named; a page ends with all of one moment."""
    query = select(union_events).order_by(union_events.c.at.desc()).fetch(limit, with_ties=True)
    if before is not None:
        query = query.where(union_events.c.at < before)
    if body is not None:
        query = query.where(union_events.c.body == body)
    return [UnionEvent.model_validate(row) for row in (await session.execute(query)).all()]
