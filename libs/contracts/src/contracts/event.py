"""One envelope everywhere: CloudEvents 1.0, structured JSON.

An event is a frozen class with flat fields. Wrapping it into an envelope and back is done here and nowhere else.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

import orjson
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

CONTENT_TYPE = "application/cloudevents+json"


class Undecodable(ValueError):
    """The bytes are not an event we can read: never worth a retry."""


class UnknownEventType(Undecodable):
    """A well-formed envelope of a type this release does not know; a lenient reader passes it over."""


class Value(BaseModel):
    """A part of an event. Unknown fields are ignored, so that a newer writer does not break an older reader."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class Event(Value):
    """Base of everything that is said. `type` reads noun.past-verb.vN and is fixed by the class."""

    type_name: ClassVar[str] = ""
    known: ClassVar[dict[str, type["Event"]]] = {}

    def __init_subclass__(cls, *, type: str = "", **kwargs: Any) -> None:  # noqa: A002 - the envelope's own word
        super().__init_subclass__(**kwargs)
        if type:
            cls.type_name = type
            Event.known[type] = cls


class Envelope(BaseModel):
    """The CloudEvents attributes around an event's data. Extension attributes we do not use are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    specversion: str = Field(pattern=r"^1\.0$")
    id: str = Field(min_length=1, max_length=200)
    source: str = Field(min_length=1, max_length=200)
    type: str = Field(min_length=1, max_length=200)
    subject: str | None = Field(default=None, max_length=200)
    time: AwareDatetime | None = None
    traceparent: str | None = Field(default=None, max_length=100)
    data: Any = None


@dataclass(frozen=True, slots=True)
class Received:
    """An event with the attributes it travelled under."""

    event: Event
    id: str
    source: str
    subject: str
    time: datetime | None
    traceparent: str | None


def encode(
    event: Event,
    *,
    id: str,  # noqa: A002 - the envelope's own word
    source: str,
    subject: str,
    time: datetime,
    traceparent: str | None = None,
) -> bytes:
    """The envelope as bytes; `time` is aware, `subject` is the Kafka key."""
    attributes: dict[str, Any] = {
        "specversion": "1.0",
        "id": id,
        "source": source,
        "type": event.type_name,
        "subject": subject,
        "time": time,
        "datacontenttype": "application/json",
        "data": event.model_dump(mode="json"),
    }
    if traceparent:
        attributes["traceparent"] = traceparent
    return orjson.dumps(attributes)


def decode(body: bytes) -> Received:
    """Read an envelope leniently. Raises Undecodable; its text never holds a value of the event."""
    try:
        envelope = Envelope.model_validate(orjson.loads(body))
    except orjson.JSONDecodeError:
        raise Undecodable("not JSON") from None
    except ValidationError as error:
        raise Undecodable(_where(error)) from None
    kind = Event.known.get(envelope.type)
    if kind is None:
        raise UnknownEventType(f"unknown type {envelope.type}")
    try:
        event = kind.model_validate(envelope.data)
    except ValidationError as error:
        raise Undecodable(f"{envelope.type}: {_where(error)}") from None
    return Received(
        event=event,
        id=envelope.id,
        source=envelope.source,
        subject=envelope.subject or "",
        time=envelope.time,
        traceparent=envelope.traceparent,
    )


def _where(error: ValidationError) -> str:
    faults = error.errors(include_input=False, include_url=False, include_context=False)
    return "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['type']}" for fault in faults)
