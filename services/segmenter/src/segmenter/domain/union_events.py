"""Events of other union systems, for organisers to act on."""

from pydantic import Field
from segmenter.domain.fields import ResponseModel, Time


class UnionEvent(ResponseModel):
    """An event that another union system posted."""

    type: str = Field(description="CloudEvents type.", examples=["meeting.scheduled.v1"])
    subject: str = Field(description="CloudEvents subject.", examples=["agm-2026"])
    body: str = Field(description="Id of the union body that it concerns.", examples=["leeds"])
    at: Time
    data: dict[str, object] = Field(examples=[{"title": "AGM"}])
    """CloudEvents data; its fields follow from the type."""
