"""Ballot's tables. A `voter` is a member id until that member is erased, then a random id in its place."""

from datetime import date, datetime
from typing import cast
from uuid import UUID

import chassis.db.tables
from ballot.domain.polls import PollDefinition
from chassis.db.counts import counts_of
from pydantic import TypeAdapter
from sqlalchemy import ARRAY, BigInteger, Column, DateTime, Dialect, Index, MetaData, Text, inspect, text
from sqlalchemy import Table as SqlTable
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel


class Table(SQLModel, registry=registry()):
    """Base of ballot's tables, with a registry of their own."""

    metadata = MetaData()


class Timestamp(TypeDecorator[datetime]):
    """A moment with its time zone."""

    impl, cache_ok = DateTime(timezone=True), True


class DefinitionJson(TypeDecorator[PollDefinition]):
    """A poll's definition as JSON, times in ISO form."""

    impl, cache_ok = JSONB, True
    _adapter = TypeAdapter(PollDefinition)

    def process_bind_param(self, value: PollDefinition | None, dialect: Dialect) -> object:
        return None if value is None else self._adapter.dump_python(value, mode="json")

    def process_result_value(self, value: object, dialect: Dialect) -> PollDefinition:
        return self._adapter.validate_python(value)


class Member(Table, table=True):
    """What ballot keeps of a member. `status` erased is a marker without data; unknown has no snapshot yet."""

    __tablename__ = "members"

    member_id: UUID = Field(primary_key=True)
    version: int
    status: str
    language: str = "en"


class Membership(Table, table=True):
    """A member's place in a union body; `path` leads from the union to it."""

    __tablename__ = "memberships"
    __table_args__ = (Index("memberships_by_path", "path", postgresql_using="gin"),)

    membership_id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    member_id: UUID = Field(index=True)
    body: str
    path: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    branch: str | None = Field(default=None, index=True)
    branch_name: str | None = None
    valid_from: date
    valid_to: date | None = None


class Poll(Table, table=True):
    """A question put to an electorate; `state` is a ballot.domain.polls.PollState."""

    __tablename__ = "polls"
    __table_args__ = (
        Index("polls_in_motion", "state", postgresql_where=text("state IN ('scheduled', 'open', 'closed')")),
        Index("polls_to_recount", "poll_id", postgresql_where=text("recount")),
        Index("polls_ended", "closes_at", postgresql_where=text("state NOT IN ('scheduled', 'open', 'closed')")),
    )

    poll_id: UUID = Field(primary_key=True)
    version: int = 1
    state: str = "scheduled"
    definition: PollDefinition = Field(sa_type=DefinitionJson)
    """The poll as it was asked for: compared when the same id is posted again."""
    body: str
    opens_at: datetime | None = Field(default=None, sa_type=Timestamp)
    opened_at: datetime | None = Field(default=None, sa_type=Timestamp)
    closes_at: datetime = Field(sa_type=Timestamp)
    counted_at: datetime | None = Field(default=None, sa_type=Timestamp)
    roll: int = 0
    roll_cutoff: dict[str, int] | None = Field(default=None, sa_column=Column(JSONB(none_as_null=True)))
    """End offset of every `members` partition when its opening was first asked for, which was `roll_cutoff_at`."""
    roll_cutoff_at: datetime | None = Field(default=None, sa_type=Timestamp)
    cutoff: dict[str, int] | None = Field(default=None, sa_column=Column(JSONB(none_as_null=True)))
    """End offset of every `replies` partition seen after the closing."""
    recount: bool = False
    created_by: str
    created_at: datetime = Field(sa_type=Timestamp)


class RollEntry(Table, table=True):
    """One voter on the frozen roll of a poll, counted in one branch."""

    __tablename__ = "roll"

    poll_id: UUID = Field(primary_key=True)
    voter: UUID = Field(primary_key=True, index=True)
    branch: str | None = None
    branch_name: str | None = None


class RollBranch(Table, table=True):
    """How many voters the frozen roll of a poll has in one branch."""

    __tablename__ = "roll_branches"

    roll_branch_id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    poll_id: UUID = Field(index=True)
    branch: str | None = None
    branch_name: str | None = None
    roll: int


class Answer(Table, table=True):
    """Everything received as an answer. Rows go with the poll only; `status` says whether one counts."""

    __tablename__ = "answers"
    __table_args__ = (
        Index("one_counted_answer_a_voter", "poll_id", "voter", unique=True, postgresql_where=text("status='counted'")),
        Index("answers_by_status", "poll_id", "status", "answer_id"),
        Index("answers_by_time", "poll_id", "status", "received_at"),
        Index("answers_of_a_voter", "poll_id", "voter"),
    )

    answer_id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    reply_id: UUID = Field(unique=True)
    poll_id: UUID
    voter: UUID = Field(index=True)
    branch: str | None = None
    """That of the voter on the roll."""
    anonymous: bool = False
    """The voter is a random id: the member is unknown or erased."""
    channel: str
    text: str = ""
    option: str | None = None
    effect: str | None = None
    status: str
    set_aside: bool = False
    test: bool = False
    """It answers a test send."""
    received_at: datetime = Field(sa_type=Timestamp)
    campaign_id: UUID | None = None
    delivery_id: UUID | None = None
    decided_by: str | None = None
    decided_at: datetime | None = Field(default=None, sa_type=Timestamp)


answer_counts = counts_of(
    cast(SqlTable, inspect(Answer).local_table), "answer_counts", ("poll_id", "branch", "status", "option", "effect")
)


class Participation(Table, table=True):
    """What was last published on `participation` about a member in a poll."""

    __tablename__ = "participations"

    poll_id: UUID = Field(primary_key=True)
    voter: UUID = Field(primary_key=True, index=True)
    effect: str
    rev: int
    """How many events were published: the number of the last one."""
    on: date


class Campaign(Table, table=True):
    """A campaign that asks a poll: ballot's projection of `campaigns`."""

    __tablename__ = "campaigns"

    campaign_id: UUID = Field(primary_key=True)
    version: int
    poll_id: UUID = Field(index=True)
    state: str
    sensitive: bool = False
    """Stays true once it was: those asked at that time were selected by a sensitive interest."""


class DeclaredBallot(Table, table=True):
    """The totals of a statutory ballot, as another system reported them."""

    __tablename__ = "declared_ballots"

    ballot_id: str = Field(primary_key=True)
    body: str
    papers_sent: int = Field(sa_type=BigInteger)
    papers_returned: int = Field(sa_type=BigInteger)
    totals: dict[str, int] = Field(sa_column=Column(JSONB, nullable=False))
    declared_at: datetime = Field(sa_type=Timestamp, index=True)


METADATA: tuple[MetaData, ...] = (chassis.db.tables.metadata, Table.metadata)
