"""The base of this service's tables, and columns that several have."""

from typing import Any

from sqlalchemy import Column, DateTime, ForeignKey, MetaData
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel


class Table(SQLModel, registry=registry()):
    """Base of this service's tables, with a registry and metadata of their own."""

    metadata = MetaData()


def moment(**kwargs: Any) -> Any:
    """A moment with its zone."""
    return Field(sa_type=DateTime(timezone=True), **kwargs)


def of_member(**kwargs: Any) -> Any:
    """Belongs to a member and goes with them."""
    column = ForeignKey("members.member_id", ondelete="CASCADE")
    return Field(sa_column=Column(column, nullable=False, **kwargs))


def of_import(**kwargs: Any) -> Any:
    """Belongs to an import and goes with it."""
    column = ForeignKey("imports.import_id", ondelete="CASCADE")
    return Field(sa_column=Column(column, nullable=False, **kwargs))
