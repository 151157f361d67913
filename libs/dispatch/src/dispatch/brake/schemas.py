"""Requests and answers about stops."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

_Reason = Annotated[
    str,
    Field(min_length=1, max_length=500, description="Why; kept and shown.", examples=["wrong date in the text"]),
]
_Campaign = Annotated[
    UUID | None,
    Field(description="Id of the campaign; null: all sending.", examples=["018f3c1e-7b1a-7c44-9d52-6a2f0c9e4b10"]),
]


class StopRequest(BaseModel):
    """What an operator stops or lifts at this dispatcher."""

    model_config = ConfigDict(extra="forbid")
    reason: _Reason
    campaign_id: _Campaign = None


class UnionStopOrder(BaseModel):
    """The segmenter's own order, which it signs."""

    model_config = ConfigDict(extra="forbid")
    order: str = Field(
        max_length=200,
        description="Signed by the segmenter: scope, version, and stop or lift.",
        examples=["aSnVgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAHq0Rk2w9v3Yc1uY5mH1k"],
    )
    stopped: bool = Field(description="True stops, false lifts.", examples=[True])
    reason: _Reason


class StopResult(BaseModel):
    """What holds at this dispatcher after a stop or a lift."""

    model_config = ConfigDict(from_attributes=True)
    stopped: bool = Field(description="Whether sending is stopped in this scope, by whomever.", examples=[True])
    confirmed: bool = Field(
        description="True: no claim from before is open any more. False: it is written down, but one is.",
        examples=[True],
    )


class Stop(BaseModel):
    """The last stop or lift of one origin and scope."""

    model_config = ConfigDict(from_attributes=True)
    origin: str = Field(description="`union`, or `operator` of this dispatcher.", examples=["union"])
    campaign_id: _Campaign
    version: int = Field(description="Rises with each stop and lift.", examples=[2])
    stopped: bool = Field(description="Whether it stops.", examples=[False])
    reason: _Reason
    by: str = Field(description="Who did it.", examples=["night-watch"])
    at: datetime = Field(description="RFC 3339 time of it.", examples=["2026-05-01T09:00:00Z"])


class StopList(BaseModel):
    """Stops of this dispatcher, those that hold first."""

    items: list[Stop] = Field(description="The last of each origin and scope, at most 200.")
