"""Bodies of segments."""

from collections.abc import Sequence

from pydantic import BaseModel, Field
from segmenter.domain.fields import Cursor, OwningBody, RequestModel, ShortText
from segmenter.domain.segments.rules import GivenRule
from segmenter.domain.segments.segment import Segment


class SegmentChange(RequestModel):
    """What may be changed of a segment."""

    name: ShortText = Field(description="For organisers.", examples=["Leeds, Welsh speakers"])
    rule: GivenRule


class RuleQuestion(RequestModel):
    """A rule that is not stored, to be previewed."""

    rule: GivenRule
    body: OwningBody = Field(default=None, examples=["leeds"])


class NewSegment(SegmentChange, RuleQuestion):
    """A segment to be stored."""


class SegmentPage(BaseModel):
    """A page of segments, in the order of their ids."""

    items: Sequence[Segment] = Field(description="The segments.")
    next: Cursor
