"""A stored segment."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from segmenter.domain.segments.rules import Rule


class Segment(BaseModel):
    """A named rule. `body` None is the whole union's."""

    model_config = ConfigDict(frozen=True, from_attributes=True)
    segment_id: UUID
    version: int
    name: str
    body: str | None
    rule: Rule
    created_by: str
    created_at: datetime
    updated_by: str
    updated_at: datetime
