"""The union-wide stop."""

from datetime import datetime

from pydantic import Field
from segmenter.domain.confirmations import CONFIRMATIONS, DispatcherConfirmation
from segmenter.domain.fields import ResponseModel


class UnionStop(ResponseModel):
    """Whether all sending of the union is stopped."""

    stopped: bool = Field(description="Whether it is.", examples=[False])
    reason: str = Field(description="Reason of the last stop or lift.", examples=["wrong date in the text"])
    version: int = Field(description="Number of the last stop or lift; 0 while there was none.", examples=[2])
    by: str | None = Field(description="Who made it; null while there was none.", examples=["organiser"])
    at: datetime | None = Field(examples=["2026-05-01T09:00:00Z"])
    """RFC 3339 time of it; null while there was none."""


class UnionStopResult(UnionStop):
    """A stop or a lift, and which dispatchers have confirmed it."""

    confirmations: list[DispatcherConfirmation] = CONFIRMATIONS


NEVER_STOPPED = UnionStop(stopped=False, reason="", version=0, by=None, at=None)
