"""What every table of this service shares."""

from typing import cast

from chassis.db import tables
from sqlalchemy import DateTime, MetaData, Text
from sqlalchemy import Table as SqlTable
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import registry
from sqlmodel import SQLModel


class Table(SQLModel, registry=registry()):
    """Base of this service's tables."""

    metadata = MetaData()


METADATA: tuple[MetaData, ...] = (tables.metadata, Table.metadata)
TIME = DateTime(timezone=True)
TEXTS = ARRAY(Text)


def table(model: type[Table]) -> SqlTable:
    """The table behind a class, for set-based statements."""
    return cast(SqlTable, model.__table__)  # type: ignore[attr-defined]
