"""Types of fields that several models share, and the bases of request and response models."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

CAMPAIGN, SEGMENT = "7d0c1c62-1d5e-4a53-8a5e-0d3f0a4f2b10", "3b1f6f0e-52a4-4b73-9d4f-8f0d5a1c9e77"
MEMBER = "5f6f3b0a-4a3b-4d6e-9d57-6a4f1f0f7c22"

ShortText = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
Line = Annotated[str, StringConstraints(max_length=300, pattern=r"^[^\x00]*$")]
LongText = Annotated[str, StringConstraints(max_length=100_000, pattern=r"^[^\x00]*$")]
LanguageTag = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")]

CampaignId = Annotated[UUID, Field(description="Id of the campaign.", examples=[CAMPAIGN])]
SegmentId = Annotated[UUID, Field(description="Id of the segment.", examples=[SEGMENT])]
MemberId = Annotated[UUID, Field(description="Id of the member.", examples=[MEMBER])]
Version = Annotated[int, Field(description="Rises by one with every change; the ETag.", examples=[1])]
Actor = Annotated[str, Field(description="The API client or person who did it.", examples=["organiser"])]
Time = Annotated[datetime, Field(description="RFC 3339 time.", examples=["2026-05-01T09:00:00Z"])]
Cursor = Annotated[
    UUID | None, Field(description="Give it as `after` for the next page; null on the last.", examples=[None])
]
OwningBody = Annotated[
    ShortText | None,
    Field(description="Id of the union body that it belongs to and is limited to; null: the whole union."),
]
CountsByStatus = Annotated[
    dict[str, int], Field(description="Deliveries by status.", examples=[{"accepted": 3, "delivered": 40}])
]


class RequestModel(BaseModel):
    """A part of a request body; an unknown field is refused by its name, and errors show no value."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, use_attribute_docstrings=True)


class ResponseModel(BaseModel):
    """A response body or a part of one, made of a row or of another object."""

    model_config = ConfigDict(frozen=True, from_attributes=True, use_attribute_docstrings=True)
