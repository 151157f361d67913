"""Deliveries that were asked for."""

from datetime import datetime
from uuid import UUID

from segmenter.domain.deliveries import TERMINAL
from segmenter.models.base import TEXTS, TIME, Table
from sqlalchemy import Index, text
from sqlmodel import Field

OPEN = f"status NOT IN ({', '.join(map(repr, (*TERMINAL, 'accepted')))})"
ACCEPTED = "status = 'accepted'"
# Statuses change several times a row: room on the page keeps those updates off the indexes.
_ROOM = {"postgresql_with": {"fillfactor": 70}}


class Delivery(Table, table=True):
    """A delivery that was asked for, with the status its dispatcher published last."""

    __tablename__ = "deliveries"
    __table_args__ = (
        Index("deliveries_by_campaign", "campaign_id", "ordinal"),
        Index("deliveries_by_member", "member_id"),
        # Asked every second for each running campaign, however many of its deliveries have ended.
        Index("deliveries_open", "campaign_id", postgresql_where=text(OPEN)),
        Index("deliveries_accepted", "campaign_id", postgresql_where=text(ACCEPTED)),
        _ROOM,
    )
    delivery_id: UUID = Field(primary_key=True)
    campaign_id: UUID
    ordinal: int
    step: int
    channel: str
    rest: list[str] = Field(sa_type=TEXTS)
    member_id: UUID
    branch: str | None
    test: bool
    status: str
    reason: str
    rev: int
    at: datetime = Field(sa_type=TIME)
