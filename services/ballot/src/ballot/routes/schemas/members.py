"""What is stored about one member, as answered."""

from ballot.domain.history import HistoryEntry
from ballot.routes.schemas import fields
from pydantic import BaseModel, Field


class MemberHistory(BaseModel):
    """What ballot stores about a member."""

    member_id: fields.MemberId
    entries: list[HistoryEntry] = Field(description="In order of time.")
