"""What is stored about one member, as answered."""

from datetime import datetime

from ballot.domain.history import HistoryEntry
from ballot.routes.schemas import fields
from chassis.http.paging import NEXT
from pydantic import BaseModel, Field


class MemberHistory(BaseModel):
    """What ballot stores about a member."""

    member_id: fields.MemberId
    entries: list[HistoryEntry] = Field(description="The latest before `before`, in order of time.")
    next: datetime | None = Field(default=None, description=NEXT, examples=["2026-03-03T10:00:00Z"])
