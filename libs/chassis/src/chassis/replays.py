"""Which dead letters somebody wants handled again, and what came of it."""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import Any

from chassis.db.tables import dead_letter_replays
from chassis.letters import Letter
from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel.ext.asyncio.session import AsyncSession

_rows = dead_letter_replays.c


class State(StrEnum):
    """Where a replay stands."""

    WAITING = "waiting"
    DONE = "done"
    REFUSED = "refused"


async def ask(session: AsyncSession, letter: Letter, by: str, now: datetime) -> bool:
    """False: it waits already, or was replayed. One that was refused again may be asked for once more."""
    values = {"subscription": letter.subscription, "place": letter.place, "asked_by": by, "asked_at": now}
    values |= {"state": State.WAITING.value, "why": "", "ended_at": None}
    statement = (
        insert(dead_letter_replays)
        .values(letter=letter.id, **values)
        .on_conflict_do_update(index_elements=[_rows.letter], set_=values, where=_rows.state == State.REFUSED)
        .returning(_rows.letter)
    )
    return (await session.execute(statement)).first() is not None


async def first_waiting(session: AsyncSession, subscriptions: Collection[str]) -> Any | None:
    """The one that was asked for first, of those that these subscriptions can take."""
    query = select(dead_letter_replays).where(_rows.state == State.WAITING, _rows.subscription.in_(subscriptions))
    return (await session.execute(query.order_by(_rows.asked_at, _rows.letter).limit(1))).first()


async def end(session: AsyncSession, letter: str, state: State, now: datetime, why: str = "") -> bool:
    """Mark a waiting one; False: it waits no more, so that somebody else has handled it."""
    place = (_rows.letter == letter, _rows.state == State.WAITING)
    statement = update(dead_letter_replays).where(*place).values(state=state.value, why=why, ended_at=now)
    return (await session.execute(statement.returning(_rows.letter))).first() is not None


async def marks(session: AsyncSession, letters: Collection[str]) -> dict[str, Any]:
    """What was done with these letters, by id."""
    query = select(dead_letter_replays).where(_rows.letter.in_(letters))
    return {row.letter: row for row in await session.execute(query)}


async def prune(session: AsyncSession, before: datetime) -> None:
    """Drop the marks of old letters."""
    await session.execute(delete(dead_letter_replays).where(_rows.asked_at < before))
