"""What dispatchers answer to a stop or a lift that each of them gets directly."""

from pydantic import Field
from segmenter.domain.fields import ResponseModel


class DispatcherConfirmation(ResponseModel):
    """Whether one dispatcher has confirmed it. One that has not still gets it by Kafka."""

    dispatcher: str = Field(description="The dispatcher.", examples=["dispatch-sms"])
    confirmed: bool = Field(examples=[True])
    """After a stop: it claims nothing more, and every claim from before has ended. After a lift: it sends again."""
    detail: str = Field(description="Why it is not confirmed; else empty.", examples=[""])


CONFIRMATIONS = Field(
    description="What each dispatcher answered; empty where none has the campaign yet.",
    examples=[[{"dispatcher": "dispatch-sms", "confirmed": True, "detail": ""}]],
)
