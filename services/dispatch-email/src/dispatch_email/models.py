"""What dispatch-email keeps beside the ledger."""

from datetime import date, datetime
from uuid import UUID

import chassis.db.tables
import dispatch.models
from sqlalchemy import DateTime, MetaData
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel


class Table(SQLModel, registry=registry()):
    """This service's own tables."""

    metadata = MetaData()


class Stray(Table, table=True):
    """Mail to the bounce address that fits no delivery: counted by day and kind; its content is not kept."""

    __tablename__ = "stray_mail"

    day: date = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    proven: bool = Field(primary_key=True)
    """It came to a return path that we signed."""
    seen: int = 0


class MailFromMember(Table, table=True):
    """What somebody wrote to the return path of their delivery, until a person has seen it."""

    __tablename__ = "mail_from_members"

    mail_id: UUID = Field(primary_key=True)
    """Derived from the mail, so that one that is brought twice is kept once."""
    delivery_id: UUID
    campaign_id: UUID
    member_id: UUID
    automatic: bool
    """A program of theirs wrote it."""
    subject: str
    text: str
    received_at: datetime = Field(sa_type=DateTime(timezone=True), index=True)


METADATA: tuple[MetaData, ...] = (chassis.db.tables.metadata, dispatch.models.metadata, Table.metadata)
