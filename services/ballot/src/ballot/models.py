"""Ballot's tables. A `voter` is a member id until that member is erased, then a random id in its place."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import chassis.db.tables
from sqlalchemy import ARRAY, BigInteger, Column, DateTime, Index, MetaData, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel


class Table(SQLModel, registry=registry()):
    """Base of ballot's tables, with a registry of their own."""

    metadata = MetaData()


def _moment(*, nullable: bool = True) -> Any:
    return Field(default=None, sa_column=Column(DateTime(timezone=True), nullable=nullable))


class Member(Table, table=True):
    """What ballot knows of a member; `status` erased is a marker without data, unknown was only heard of."""

    __tablename__ = "members"

    member_id: UUID = Field(primary_key=True)
    version: int
    status: str
    language: str = "en"


class Membership(Table, table=True):
    """A member's place in a body; `path` leads from the union to it."""

    __tablename__ = "memberships"

    membership_id: int | None = Field(
        default=None, sa_column=Column(BigInteger, primary_key=True, autoincrement=True, nullable=False)
    )
    member_id: UUID = Field(index=True)
    body: str
    path: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    branch: str | None = Field(default=None, index=True)
    branch_name: str | None = None
    valid_from: date
    valid_to: date | None = None


class Poll(Table, table=True):
    """A question put to an electorate: scheduled → open → closed → counted, or lapsed if it never opened."""

    __tablename__ = "polls"

    poll_id: UUID = Field(primary_key=True)
    version: int = 1
    state: str = Field(default="scheduled", index=True)
    draft: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    """The poll as it was asked for: compared when the same id is posted again."""
    body: str
    opens_at: datetime | None = _moment()
    opened_at: datetime | None = _moment()
    closes_at: datetime = _moment(nullable=False)
    counted_at: datetime | None = _moment()
    roll: int = 0
    cutoff: dict[str, int] | None = Field(default=None, sa_column=Column(JSONB(none_as_null=True)))
    """End offset of every `replies` partition seen after the closing."""
    recount: bool = False
    created_by: str
    created_at: datetime = _moment(nullable=False)


class RollEntry(Table, table=True):
    """One voter on the frozen roll, counted in one branch."""

    __tablename__ = "roll"

    poll_id: UUID = Field(primary_key=True)
    voter: UUID = Field(primary_key=True, index=True)
    branch: str | None = None
    branch_name: str | None = None


class Answer(Table, table=True):
    """Everything that came in as an answer; nothing is removed, `status` says whether it counts."""

    __tablename__ = "answers"
    __table_args__ = (
        Index("one_counted_answer_a_voter", "poll_id", "voter", unique=True, postgresql_where=text("status='counted'")),
        Index("answers_for_a_person", "poll_id", "answer_id", postgresql_where=text("status='unmatched'")),
        Index("answers_of_a_voter", "poll_id", "voter"),
    )

    answer_id: int | None = Field(
        default=None, sa_column=Column(BigInteger, primary_key=True, autoincrement=True, nullable=False)
    )
    reply_id: UUID = Field(unique=True)
    poll_id: UUID
    voter: UUID = Field(index=True)
    anonymous: bool = False
    """No member is known behind the voter, or no longer."""
    channel: str
    text: str = ""
    option: str | None = None
    effect: str | None = None
    status: str
    set_aside: bool = False
    test: bool = False
    """It answers a test send."""
    received_at: datetime = _moment(nullable=False)
    campaign_id: UUID | None = None
    delivery_id: UUID | None = None
    decided_by: str | None = None
    decided_at: datetime | None = _moment()


class Participation(Table, table=True):
    """What was last said on `participation` of a member in a poll."""

    __tablename__ = "participations"

    poll_id: UUID = Field(primary_key=True)
    voter: UUID = Field(primary_key=True, index=True)
    effect: str
    rev: int
    """How many times something was said: the number of the event."""
    on: date


class Ask(Table, table=True):
    """A campaign that asks a poll."""

    __tablename__ = "asks"

    campaign_id: UUID = Field(primary_key=True)
    version: int
    poll_id: UUID = Field(index=True)
    state: str
    sensitive: bool = False
    """Once it was said to be, it stays so: those who were asked then were selected by it."""


class DeclaredBallot(Table, table=True):
    """A scrutineer's totals, as another system declared them."""

    __tablename__ = "declared_ballots"

    ballot_id: str = Field(primary_key=True)
    body: str
    papers_sent: int = Field(sa_column=Column(BigInteger, nullable=False))
    papers_returned: int = Field(sa_column=Column(BigInteger, nullable=False))
    totals: dict[str, int] = Field(sa_column=Column(JSONB, nullable=False))
    declared_at: datetime = _moment(nullable=False)


METADATA: tuple[MetaData, ...] = (chassis.db.tables.metadata, Table.metadata)
