"""A small service on the chassis: it stores the ids of meetings, and ignores members."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import Annotated

from chassis.app import Application
from chassis.db.database import Database
from chassis.db.tables import metadata as chassis_tables
from chassis.errors import Refused, Unavailable
from chassis.http.auth import Caller, needs, public
from chassis.http.problems import given
from chassis.kafka.batch import Batch
from chassis.kafka.outbox import Outgoing, Relay, put
from chassis.kafka.producer import Kafka
from chassis.kafka.subscription import Subscription
from chassis.settings import ServiceSettings
from contracts.events.members import MemberChanged
from contracts.events.replies import ReplyReceived
from contracts.events.union_events import MeetingScheduled
from contracts.topics import MEMBERS, REPLIES, UNION_EVENTS
from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel
from sqlalchemy import Column, MetaData, Table, Text, Uuid, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

from tests.support.facts import eventually

metadata = MetaData()
erased = Table("erased", metadata, Column("member_id", Uuid, primary_key=True))
"""As members has it: the query of its erasures reads it."""
meetings = Table("meetings", metadata, Column("meeting_id", Text, primary_key=True))


class Settings(ServiceSettings):
    """Nothing of its own."""

    service = "members"


class Body(BaseModel, extra="forbid"):
    """What the echo route takes."""

    meeting_id: str


class Small:
    """Stores meetings; `down` and `mended` control its failures. `tried` counts how often it was given each."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.down = 0
        self.mended = False
        self.statements: dict[str, str] = {}
        """What is asked of the database for a meeting of this name."""
        self.stalls: dict[str, asyncio.Event] = {}
        """What is waited for before a meeting of this name is stored."""
        self.batches: list[int] = []
        self.tried: Counter[str] = Counter()

    async def on_meetings(self, batch: Batch) -> None:
        """Store the meetings, all or none."""
        if self.down:
            self.down -= 1
            raise Unavailable("down as the test asked")
        ids = [item.event.meeting_id for item in batch.events if isinstance(item.event, MeetingScheduled)]
        self.tried.update(ids)
        if "refused" in ids and not self.mended:
            raise Refused("we do not like it", field="meeting_id")
        if "bug" in ids and not self.mended:
            raise ZeroDivisionError
        for stall in (self.stalls[one] for one in ids if one in self.stalls):
            await stall.wait()
        self.batches.append(len(ids))
        async with self.database.transaction() as session:
            await _unstorable(session, ids)
            for statement in (self.statements[one] for one in ids if one in self.statements):
                await session.execute(text(statement))
            await session.execute(
                insert(meetings).values([{"meeting_id": one} for one in ids]).on_conflict_do_nothing()
            )
            await batch.store(session)

    async def on_people(self, batch: Batch) -> None:
        """Refuse members called Refused, and replies that say so."""
        for item in batch.events:
            match item.event:
                case MemberChanged(given_name="Refused") | ReplyReceived(text="Refused"):
                    raise Refused("we do not like them")
        async with self.database.transaction() as session:
            await batch.store(session)

    async def note(self, meeting_id: str) -> None:
        """Note one, as the front door says."""
        async with self.database.transaction() as session:
            await _unstorable(session, [meeting_id])
            await session.execute(insert(meetings).values(meeting_id=meeting_id))

    async def say(self, outgoing: list[Outgoing]) -> None:
        """Through the outbox."""
        async with self.database.transaction() as session:
            await put(session, "members", outgoing)

    async def noted(self) -> set[str]:
        """All meetings."""
        async with self.database.transaction() as session:
            return set((await session.execute(select(meetings.c.meeting_id))).scalars())

    async def has_noted(self, *names: str) -> None:
        """Wait until it has noted these and no others."""
        await eventually(self.noted, until=lambda seen: seen == set(names), within=60)


async def _unstorable(session: AsyncSession, ids: Sequence[str]) -> None:
    """A meeting by this name is at a moment that the driver cannot write: in UTC it lies before the year 1."""
    if "unstorable" in ids:
        at = datetime.min.replace(tzinfo=timezone(timedelta(hours=14)))
        await session.execute(text("SELECT CAST(:at AS timestamptz)"), {"at": at})


router = APIRouter()


@router.post("/echo")
async def echo(body: Body, caller: Annotated[Caller, Depends(needs("members:write"))]) -> dict[str, str | None]:
    """Answers what it was sent."""
    return {"meeting_id": body.meeting_id, "client": caller.client_id, "branch": caller.branch}


@router.post("/notes")
@public("a test's own")
async def note(body: Body, small: Annotated[Small, Depends(given(Small))]) -> None:
    """Stores what it was sent."""
    await small.note(body.meeting_id)


@router.post("/upload")
async def upload(request: Request, _: Annotated[Caller, Depends(needs("imports:write"))]) -> int:
    """How much it was given."""
    return len(await request.body())


@router.get("/count")
@public("a test's own")
async def count(small: Annotated[Small, Depends(given(Small))]) -> int:
    """How many it noted."""
    return len(await small.noted())


def build(settings: Settings, *, stale_after: float = 30.0) -> tuple[Application, Small]:
    """The application with its one object."""
    database, kafka = Database(settings.database_url), Kafka(settings)
    small = Small(database)
    application = Application(
        settings,
        routers=[router],
        services={Small: small},
        subscriptions=[
            Subscription((UNION_EVENTS,), "notes", small.on_meetings, stale_after=stale_after),
            Subscription((MEMBERS, REPLIES), "people", small.on_people),
        ],
        tasks=[Relay(database, kafka, "members")],
        database=database,
        kafka=kafka,
        body_limits={"/upload": 20_000_000},
    )
    return application, small


async def create_tables(url: str) -> None:
    """The schema of the small service."""
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(chassis_tables.create_all)
        await connection.run_sync(metadata.create_all)
    await engine.dispose()
