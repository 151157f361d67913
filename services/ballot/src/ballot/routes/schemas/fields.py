"""Fields and parameters that several schemas and routes share, with their descriptions."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from ballot.domain.polls import PollState
from chassis.http.auth import Caller, needs
from fastapi import Depends, Path, Query
from pydantic import Field

_ID = "0b6f3c7e-5d0a-4c1e-9a52-3f8f1d2c7a10"
_MEMBER = "5f0c2a44-8a57-4c3e-8d5e-6a1f0e9b7c21"
_MOMENT = "2026-03-04T18:00:00Z"

Reader = Annotated[Caller, Depends(needs("polls:read"))]
Writer = Annotated[Caller, Depends(needs("polls:write"))]

PollPath = Annotated[UUID, Path(description="Id of the poll.", examples=[_ID])]
MemberPath = Annotated[UUID, Path(description="Id of the member.", examples=[_MEMBER])]
PageLimit = Annotated[int, Query(ge=1, le=500, description="The most entries of a page.")]

PollId = Annotated[UUID, Field(description="Id of the poll.", examples=[_ID])]
MemberId = Annotated[UUID, Field(description="Id of the member.", examples=[_MEMBER])]
CampaignId = Annotated[
    UUID, Field(description="Id of the campaign.", examples=["7d9f1b0e-2f6b-4a7b-9a4f-0c8e5b1d3e42"])
]
BodyId = Annotated[
    str,
    Field(
        description="Id of the union body whose members, and those of the bodies below it, are the electorate.",
        examples=["unite-north-leeds"],
    ),
]
StateOfPoll = Annotated[
    PollState,
    Field(
        description="scheduled, open, closed (answers no longer count), counted (totals are published), or lapsed "
        "(its closing time came before it could open).",
        examples=["open"],
    ),
]
PollVersion = Annotated[int, Field(description="Rises with every change of state and with every count.", examples=[3])]
OptionKey = Annotated[str, Field(description="Key of an option of the poll.", examples=["not-yet"])]
CountedAt = Annotated[
    datetime | None, Field(description="When the poll was last counted; null before.", examples=[_MOMENT])
]
ReceivedAt = Annotated[
    datetime, Field(description="When the answer was received; it must lie before the closing.", examples=[_MOMENT])
]
Effect = Annotated[
    str,
    Field(
        description="What choosing the option does: voted and do_not_ask end further messages that ask for this poll; "
        "keep_chasing and none do not.",
        examples=["voted"],
    ),
]
