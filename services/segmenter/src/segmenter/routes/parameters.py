"""Path and query parameters that several routes share."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query
from segmenter.domain.fields import CAMPAIGN, MEMBER, SEGMENT

CampaignPath = Annotated[UUID, Path(description="Id of the campaign.", examples=[CAMPAIGN])]
SegmentPath = Annotated[UUID, Path(description="Id of the segment.", examples=[SEGMENT])]
MemberPath = Annotated[UUID, Path(description="Id of the member.", examples=[MEMBER])]
Limit = Annotated[int, Query(ge=1, le=200, description="At most so many items.", examples=[50])]
After = Annotated[UUID | None, Query(description="`next` of the page before.", examples=[SEGMENT])]
