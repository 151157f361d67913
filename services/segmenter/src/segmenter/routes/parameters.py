"""Parameters that several routes share, and the ETag that they answer with."""

from typing import Annotated, TypeVar
from uuid import UUID

from chassis.http.etags import etag
from contracts.enums import CampaignState
from fastapi import Path, Query, Response
from segmenter.domain.disclosure.campaign import Campaign
from segmenter.domain.fields import CAMPAIGN, MEMBER, SEGMENT
from segmenter.domain.segments.segment import Segment

V = TypeVar("V", bound=Campaign | Segment)

CampaignPath = Annotated[UUID, Path(description="Id of the campaign.", examples=[CAMPAIGN])]
SegmentPath = Annotated[UUID, Path(description="Id of the segment.", examples=[SEGMENT])]
MemberPath = Annotated[UUID, Path(description="Id of the member.", examples=[MEMBER])]
Limit = Annotated[int, Query(ge=1, le=200, description="At most so many items.", examples=[50])]
After = Annotated[UUID | None, Query(description="`next` of the page before.", examples=[SEGMENT])]

InState = Annotated[CampaignState | None, Query(description="Only those in this state.", examples=["blocked"])]


def tagged(response: Response, answer: V) -> V:
    """The answer, its version as ETag beside it."""
    response.headers["ETag"] = etag(answer.version)
    return answer
