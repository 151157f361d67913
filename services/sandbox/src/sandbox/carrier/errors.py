"""Twilio's error answers and codes. https://www.twilio.com/docs/api/errors"""

from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict, Field

_MORE_INFO = "https://www.twilio.com/docs/errors/"
_REFUSALS = {
    20003: (401, "Authenticate"),
    20404: (404, "The requested resource was not found"),
    20429: (429, "Too Many Requests"),
    20500: (500, "Internal Server Error"),
    20503: (503, "Service Unavailable"),
    20001: (400, "Invalid parameter"),
    21211: (400, "Invalid 'To' Phone Number"),
    21212: (400, "Invalid From Number (caller ID)"),
    21408: (400, "Permission to send an SMS has not been enabled for the region indicated by the 'To' number"),
    21602: (400, "Message body is required."),
    21603: (400, "A 'From' or 'MessagingServiceSid' parameter is required to send a message."),
    21604: (400, "A 'To' phone number is required."),
    21609: (400, "Invalid 'StatusCallback' URL"),
    21610: (400, "Attempt to send to unsubscribed recipient"),
    21612: (400, "The 'To' phone number is not currently reachable via SMS"),
    21614: (400, "'To' number is not a valid mobile number"),
    21617: (400, "The concatenated message body exceeds the 1600 character limit"),
    21620: (400, "Invalid value for 'ValidityPeriod'"),
}
DELIVERY_ERRORS = {
    30003: "Unreachable destination handset",
    30004: "Message blocked",
    30005: "Unknown destination handset",
    30006: "Landline or unreachable carrier",
    30007: "Message filtered",
    30008: "Unknown error",
    30036: "Validity Period Expired",
}


class TwilioError(BaseModel):
    """Twilio's error body."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "code": 21211,
                    "message": "Invalid 'To' Phone Number",
                    "more_info": f"{_MORE_INFO}21211",
                    "status": 400,
                }
            ]
        }
    )

    code: int = Field(description="Twilio's error code.")
    message: str = Field(description="The error in words.")
    more_info: str = Field(description="Address of the page about this code.")
    status: int = Field(description="The HTTP status.")


@dataclass(frozen=True, slots=True)
class TwilioAnswer:
    """An HTTP answer of the Messages API; `body` None is an empty one."""

    status: int
    body: BaseModel | None
    headers: dict[str, str] = field(default_factory=dict)


def refusal(code: int, *, status: int | None = None) -> TwilioAnswer:
    """The error answer of a code; `status` in place of its usual HTTP status."""
    usual, message = _REFUSALS[code]
    error = TwilioError(code=code, message=message, more_info=f"{_MORE_INFO}{code}", status=status or usual)
    return TwilioAnswer(error.status, error)
