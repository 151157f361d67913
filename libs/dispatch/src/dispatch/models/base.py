"""The description that all tables belong to."""

from sqlalchemy import Column, DateTime, MetaData

metadata = MetaData()


def when(name: str, *, nullable: bool = True) -> Column[object]:
    """A moment."""
    return Column(name, DateTime(timezone=True), nullable=nullable)
