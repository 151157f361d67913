"""What dispatch-email keeps beside the ledger."""

from datetime import date

import chassis.db.tables
import dispatch.models
from sqlalchemy import MetaData
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


METADATA: tuple[MetaData, ...] = (chassis.db.tables.metadata, dispatch.models.metadata, Table.metadata)
