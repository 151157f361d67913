"""The event base class and its envelope: CloudEvents 1.0 as structured JSON.

An event is a frozen class with flat fields. Envelopes are written and read here and nowhere else.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

import orjson
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

CONTENT_TYPE = "application/cloudevents+json"


class Undecodable(ValueError):
    """The bytes are not a valid event; trying again cannot help."""


class UnknownEventType(Undecodable):
    """A valid envelope of a type that this release does not know; lenient readers skip it."""


class EventPart(BaseModel):
    """Base of nested objects of an event. Unknown fields are ignored, so that writers may be newer than readers.

    A field's description in the JSON Schema is the docstring below it.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True, use_attribute_docstrings=True)


class Event(EventPart):
    """Base of all events. `type_name` reads noun.past-verb.vN and is fixed by the class."""

    type_name: ClassVar[str] = ""
    known: ClassVar[dict[str, type["Event"]]] = {}

    def __init_subclass__(cls, *, type: str = "") -> None:  # noqa: A002 - CloudEvents' own word
        super().__init_subclass__()
        if type:
            cls.type_name = type
            Event.known[type] = cls


class KeyRemoved(Event):
    """A tombstone on a compacted topic, as a reader receives it: the owner has removed the key. It has no envelope."""

    key: str
    """The record's key."""

    @property
    def ids(self) -> tuple[UUID, ...]:
        """The ids that the key is made of; none where it is made of something else."""
        try:
            return tuple(map(UUID, self.key.split(":")))
        except ValueError:
            return ()


class Envelope(BaseModel):
    """The CloudEvents attributes around an event's data. Unknown extension attributes are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    specversion: str = Field(pattern=r"^1\.0$")
    id: str = Field(min_length=1, max_length=200)
    source: str = Field(min_length=1, max_length=200)
    type: str = Field(min_length=1, max_length=200)
    subject: str | None = Field(default=None, max_length=200)
    time: AwareDatetime | None = None
    traceparent: str | None = Field(default=None, max_length=100)
    data: object = None


@dataclass(frozen=True, slots=True)
class Received:
    """A decoded event with the attributes of its envelope."""

    event: Event
    id: str
    source: str
    subject: str
    time: datetime | None
    traceparent: str | None


def encode(
    event: Event,
    *,
    id: str,  # noqa: A002 - CloudEvents' own word
    source: str,
    subject: str,
    time: datetime,
    traceparent: str | None = None,
) -> bytes:
    """The envelope as bytes; `time` is aware, `subject` is the Kafka key."""
    attributes: dict[str, object] = {
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
    """Read an envelope leniently. Raises Undecodable, whose text holds no value of the event."""
    try:
        envelope = Envelope.model_validate(orjson.loads(body))
    except orjson.JSONDecodeError:
        raise Undecodable("not JSON") from None
    except ValidationError as error:
        raise Undecodable(_faults(error)) from None
    kind = Event.known.get(envelope.type)
    if kind is None:
        raise UnknownEventType(f"unknown type {envelope.type}")
    try:
        event = kind.model_validate(envelope.data)
    except ValidationError as error:
        raise Undecodable(f"{envelope.type}: {_faults(error)}") from None
    return Received(
        event=event,
        id=envelope.id,
        source=envelope.source,
        subject=envelope.subject or "",
        time=envelope.time,
        traceparent=envelope.traceparent,
    )


def _faults(error: ValidationError) -> str:
    faults = error.errors(include_input=False, include_url=False, include_context=False)
    return "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['type']}" for fault in faults)
