"""Which of the messages listed for a number is the one in doubt."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

CLOCK_SLACK = timedelta(seconds=30)
"""Between our database's clock and Twilio's, and for its times, which have whole seconds."""
TRIAL_PREFIX = "Sent from your Twilio trial account - "


@dataclass(frozen=True, slots=True)
class Listed:
    """A message as the provider lists it. `created` None: it does not say when."""

    reference: str
    sender: str
    service: str
    text: str
    created: datetime | None
    outbound: bool
    """Through the API; what Twilio answers a keyword with by our own markup is no message of ours."""


@dataclass(frozen=True, slots=True)
class Window:
    """When and from whom the message in doubt would have been sent; `is_text` knows its text."""

    sender: str
    since: datetime
    until: datetime
    is_text: Callable[[str], bool]


def could_be_ours(message: Listed, window: Window) -> bool:
    """Sender and time fit; the text is not looked at."""
    if not message.outbound or not _same_sender(message, window.sender):
        return False
    return message.created is None or (window.since - CLOCK_SLACK <= message.created <= window.until + CLOCK_SLACK)


def is_ours(message: Listed, window: Window) -> bool:
    """Sender, time and text fit."""
    return could_be_ours(message, window) and any(map(window.is_text, as_sent(message.text)))


def _same_sender(message: Listed, sender: str) -> bool:
    """A service picks the number later: until then a listed message has a service and no sender."""
    return not sender or sender in (message.sender, message.service)


def as_sent(text: str) -> Iterator[str]:
    """What we may have given to the provider for it to list this text; nothing where it was redacted."""
    if not text:
        return
    plain = text.replace("\r\n", "\n")
    yield plain
    if plain.startswith(TRIAL_PREFIX):
        yield plain.removeprefix(TRIAL_PREFIX)
