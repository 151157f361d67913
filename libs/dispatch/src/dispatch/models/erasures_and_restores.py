"""Erasures and restores that are under way."""

from dispatch.models.base import metadata, when
from sqlalchemy import (
    Column,
    DateTime,
    Table,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB

erasures = Table(
    "erasures",
    metadata,
    Column("member_id", Uuid, primary_key=True),
    when("at", nullable=False),
    when("look_at", nullable=False),
)

recoveries = Table(
    "recoveries",
    metadata,
    Column("detected_at", DateTime(timezone=True), primary_key=True),
    when("since", nullable=False),
    Column("targets", JSONB, nullable=False),
)
