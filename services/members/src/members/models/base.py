"""Base of this service's tables, and columns that several have."""

from typing import Any

from sqlalchemy import Column, DateTime, ForeignKey, MetaData
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel


class Table(SQLModel, registry=registry()):
    """Base of this service's tables, with a registry and metadata of their own."""

    metadata = MetaData()


def moment(**kwargs: Any) -> Any:
    """A time with its zone."""
    return Field(sa_type=DateTime(timezone=True), **kwargs)


def of_member(**kwargs: Any) -> Any:
    """A member's id; the row is deleted with the member."""
    column = ForeignKey("members.member_id", ondelete="CASCADE")
    return Field(sa_column=Column(column, nullable=False, **kwargs))


def of_import(**kwargs: Any) -> Any:
    """An import's id; the row is deleted with the import."""
    column = ForeignKey("imports.import_id", ondelete="CASCADE")
    return Field(sa_column=Column(column, nullable=False, **kwargs))
