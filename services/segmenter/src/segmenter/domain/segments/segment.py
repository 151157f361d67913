"""A stored segment."""

from pydantic import Field
from segmenter.domain.fields import Actor, OwningBody, ResponseModel, SegmentId, Time, Version
from segmenter.domain.segments.rules import SegmentRule


class Segment(ResponseModel):
    """A stored segment."""

    segment_id: SegmentId
    version: Version
    name: str = Field(description="For organisers.", examples=["Leeds, Welsh speakers"])
    body: OwningBody = Field(examples=["leeds"])
    rule: SegmentRule
    created_by: Actor
    created_at: Time
    updated_by: Actor
    updated_at: Time
