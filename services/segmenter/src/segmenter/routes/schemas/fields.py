"""Fields and parameters that several bodies and routes share."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Path, Query
from pydantic import Field
from segmenter.domain.text import ShortText

_CAMPAIGN, _SEGMENT = "7d0c1c62-1d5e-4a53-8a5e-0d3f0a4f2b10", "3b1f6f0e-52a4-4b73-9d4f-8f0d5a1c9e77"
_MEMBER = "5f6f3b0a-4a3b-4d6e-9d57-6a4f1f0f7c22"

CampaignId = Annotated[UUID, Field(description="Id of the campaign.", examples=[_CAMPAIGN])]
SegmentId = Annotated[UUID, Field(description="Id of the segment.", examples=[_SEGMENT])]
MemberId = Annotated[UUID, Field(description="Id of the member.", examples=[_MEMBER])]
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

CampaignPath = Annotated[UUID, Path(description="Id of the campaign.", examples=[_CAMPAIGN])]
SegmentPath = Annotated[UUID, Path(description="Id of the segment.", examples=[_SEGMENT])]
MemberPath = Annotated[UUID, Path(description="Id of the member.", examples=[_MEMBER])]
Limit = Annotated[int, Query(ge=1, le=200, description="At most so many items.", examples=[50])]
After = Annotated[UUID | None, Query(description="`next` of the page before.", examples=[_SEGMENT])]
