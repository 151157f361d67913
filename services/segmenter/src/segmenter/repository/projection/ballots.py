"""Polls and followed ballots, and who took part in them."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from chassis.db.rows import among
from contracts.events.ballots import BallotCounted, BallotEvent, BallotOpened, ParticipationRecorded
from segmenter.models import ballots, participation
from segmenter.repository.projection.rows import upsert_rows
from sqlalchemy import delete, select, tuple_
from sqlmodel.ext.asyncio.session import AsyncSession


class Poll(NamedTuple):
    """A poll as it was last published."""

    state: str
    closes_at: datetime


async def upsert(session: AsyncSession, events: Sequence[BallotEvent]) -> None:
    """Ballots by version."""
    await session.execute(upsert_rows(ballots, [_row(event) for event in events]))


def _row(event: BallotEvent) -> dict[str, object]:
    state = "open" if isinstance(event, BallotOpened) else "counted" if isinstance(event, BallotCounted) else "closed"
    names = {"ballot_id", "version", "title", "kind", "body", "opens_at", "closes_at", "roll"}
    return {"state": state, **event.model_dump(include=names)}


async def upsert_participation(session: AsyncSession, events: Sequence[ParticipationRecorded]) -> None:
    """The latest effect of each member in each ballot; none of an erased member."""
    rows = [{**event.model_dump(exclude={"on"}), "on_date": event.on} for event in events]
    await session.execute(upsert_rows(participation, rows, unless_erased=True))


async def remove(session: AsyncSession, ballot_ids: Sequence[UUID]) -> None:
    """Ballots that their service no longer keeps."""
    await session.execute(delete(ballots).where(among(ballots.c.ballot_id, ballot_ids)))


async def remove_participation(session: AsyncSession, pairs: Sequence[tuple[UUID, UUID]]) -> None:
    """(ballot, member) pairs of which nothing is kept any more."""
    gone = tuple_(participation.c.ballot_id, participation.c.member_id).in_(pairs)
    await session.execute(delete(participation).where(gone))


async def poll(session: AsyncSession, ballot_id: UUID) -> Poll | None:
    """A poll, if it is known."""
    query = select(ballots.c.state, ballots.c.closes_at).where(ballots.c.ballot_id == ballot_id)
    row = (await session.execute(query)).one_or_none()
    return None if row is None else Poll(*row)
