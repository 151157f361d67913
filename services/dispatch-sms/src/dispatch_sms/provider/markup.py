"""TwiML: what Twilio does on our answer to an inbound text."""

from functools import cache

from twilio.twiml.messaging_response import MessagingResponse


def message(text: str) -> str:
    """Reply with a text."""
    answer = MessagingResponse()
    answer.message(text)
    return str(answer)


@cache
def nothing() -> str:
    """Reply with nothing."""
    return str(MessagingResponse())
