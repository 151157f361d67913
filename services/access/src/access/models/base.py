"""Base of this service's tables, and columns that several have."""

from typing import Any

from sqlalchemy import DateTime, MetaData
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel


class Table(SQLModel, registry=registry()):
    """Base of this service's tables, with a registry and metadata of their own."""

    metadata = MetaData()


def moment(**kwargs: Any) -> Any:
    """A time with its zone."""
    return Field(sa_type=DateTime(timezone=True), **kwargs)
