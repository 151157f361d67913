"""Frozen audiences, and the shards they are fanned out in."""

from uuid import UUID

from segmenter.models.base import TEXTS, Table
from sqlalchemy import Boolean, Index, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field


class AudienceMember(Table, table=True):
    """One member of a frozen audience: what was decided for them at that moment. Never changed afterwards."""

    __tablename__ = "audience"
    __table_args__ = (Index("audience_by_member", "member_id"),)
    campaign_id: UUID = Field(primary_key=True)
    ordinal: int = Field(primary_key=True)
    member_id: UUID
    member_version: int
    channels: list[str] = Field(sa_type=TEXTS)
    """In the order they are tried; empty for a planned skip."""
    skip_reason: str | None
    branch: str | None
    region: str | None
    language: str
    merge: dict[str, str] = Field(sa_type=JSONB)
    consents: list[dict[str, object]] = Field(sa_type=JSONB)
    """The consents relied on: channel, consent_id, at."""
    matched: list[bool] = Field(sa_type=ARRAY(Boolean))
    """Results of the conditions of the rule, in their order."""


class Shard(Table, table=True):
    """A range of a frozen audience to be fanned out. `checkpoint` ≤ `prepared` ≤ `last`, all ordinals.

    Up to `checkpoint` the broker has acknowledged; up to `prepared` the deliveries are written, to `requested` members.
    """

    __tablename__ = "fanout_shards"
    __table_args__ = (Index("fanout_shards_to_do", "campaign_id", postgresql_where=text("NOT done")),)
    campaign_id: UUID = Field(primary_key=True)
    shard: int = Field(primary_key=True)
    last: int
    checkpoint: int
    prepared: int
    requested: int = 0
    done: bool = False
