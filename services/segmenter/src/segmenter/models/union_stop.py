"""The union-wide stop."""

from datetime import datetime

from segmenter.models.base import TIME, Table
from sqlmodel import Field


class UnionStop(Table, table=True):
    """The union-wide stop; one row, numbered for its events."""

    __tablename__ = "union_stop"
    only: bool = Field(default=True, primary_key=True)
    version: int
    stopped: bool
    reason: str
    by: str
    at: datetime = Field(sa_type=TIME)
