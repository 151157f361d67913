"""CloudEvents over HTTP in all three modes, read strictly into one form, with a digest that is the same in each mode.

Modes: structured (`application/cloudevents+json`), batched (`application/cloudevents-batch+json`) and binary (`ce-`
headers, percent-encoded as the HTTP binding says). The digest covers canonical JSON.
"""

import base64
import binascii
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import unquote

from chassis.errors import Fault, Refused
from contracts.field_types import Moment
from members.domain.intake.canonical_json import canonical, read_json
from pydantic import TypeAdapter, ValidationError

STRUCTURED = "application/cloudevents+json"
BATCHED = "application/cloudevents-batch+json"
JSON = "application/json"
_REQUIRED = ("specversion", "id", "source", "type")
_ATTRIBUTES = frozenset({*_REQUIRED, "subject", "time", "datacontenttype", "dataschema", "traceparent", "tracestate"})
_NOT_IN_DIGEST = frozenset({"traceparent", "tracestate", "datacontenttype"})
"""A retry may travel under another trace; it is the same event."""
MAX_BATCH = 1000
_MAX_FAULTS = 100
_TIME: TypeAdapter[datetime] = TypeAdapter(Moment)


@dataclass(frozen=True, slots=True)
class CloudEvent:
    """One event as it was posted; `prefix` begins the field names of its faults: `[3].` in a batch."""

    prefix: str
    id: str
    source: str
    type: str
    subject: str | None
    time: datetime | None
    data: object
    digest: bytes

    def fault(self, field: str, reason: str) -> Fault:
        return Fault(f"{self.prefix}{field}", reason)


def read_events(content_type: str, headers: Mapping[str, str], body: bytes) -> list[CloudEvent]:
    """Every event of a request. Raises Refused with all faults, each with its index in a batch."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind == BATCHED:
        return _read_batch(read_json(body))
    if kind == STRUCTURED:
        return _read_all([("", read_json(body))])
    if "ce-specversion" in headers or "ce-type" in headers or "ce-id" in headers:
        if kind not in ("", JSON):
            raise Refused(f"the data of a binary event must be {JSON}", field="content-type")
        return _read_all([("", _from_headers(headers, body))])
    raise Refused(f"send {STRUCTURED}, {BATCHED}, or ce- headers with {JSON}", field="content-type")


def _read_batch(body: object) -> list[CloudEvent]:
    if not isinstance(body, list) or not body:
        raise Refused("a batch is a JSON array of one event or more", field="body")
    if len(body) > MAX_BATCH:
        raise Refused(f"a batch holds at most {MAX_BATCH} events", field="body")
    return _read_all((f"[{index}].", item) for index, item in enumerate(body))


def _from_headers(headers: Mapping[str, str], body: bytes) -> dict[str, object]:
    attributes: dict[str, object] = {
        name.lower()[3:]: unquote(value, errors="replace")
        for name, value in headers.items()
        if name.lower().startswith("ce-")
    }
    if "data" in attributes or "datacontenttype" in attributes:
        raise Refused("data and datacontenttype are not ce- headers", field="ce-data")
    return attributes | ({"data": read_json(body)} if body else {})


def _read_all(items: Iterable[tuple[str, object]]) -> list[CloudEvent]:
    events: list[CloudEvent] = []
    faults: list[Fault] = []
    for prefix, item in items:
        if not isinstance(item, dict):
            faults.append(Fault(prefix.rstrip(".") or "body", "is not an object"))
        elif found := list(_attribute_faults(prefix, item)):
            faults += found
        else:
            try:
                events.append(_read(prefix, item))
            except Refused as refused:
                faults += [Fault(prefix + fault.field, fault.reason) for fault in refused.faults]
    if faults:
        raise Refused(f"{len(faults)} fault(s) in the envelope", faults=faults[:_MAX_FAULTS])
    return events


def _attribute_faults(prefix: str, item: Mapping[str, object]) -> Iterable[Fault]:
    unknown = [name for name in item if name not in _ATTRIBUTES and name not in ("data", "data_base64")]
    yield from (Fault(f"{prefix}{name}"[:120], "unknown field") for name in unknown)
    yield from (Fault(f"{prefix}{name}", "is missing") for name in _REQUIRED if name not in item)
    for name in _ATTRIBUTES & item.keys():
        if reason := _text_fault(name, item[name]):
            yield Fault(f"{prefix}{name}", reason)


def _text_fault(name: str, value: object) -> str | None:
    if not isinstance(value, str):
        return "is not text"
    if not 1 <= len(value) <= 200:
        return "has not 1 to 200 characters"
    if not value.isprintable():
        return "holds a character that cannot be printed"
    if name == "specversion" and value != "1.0":
        return "is not 1.0"
    if name == "datacontenttype" and value.partition(";")[0].strip().lower() != JSON:
        return f"is not {JSON}"
    return None


def _read(prefix: str, item: Mapping[str, object]) -> CloudEvent:
    attributes = {name: str(value) for name, value in item.items() if name in _ATTRIBUTES}
    time = _time(attributes.get("time"))
    data = _data(item)
    if time is not None:
        attributes["time"] = time.isoformat()
    content = {name: value for name, value in attributes.items() if name not in _NOT_IN_DIGEST}
    try:
        digest = hashlib.sha256(canonical({**content, "data": data}).encode()).digest()
    except (RecursionError, UnicodeEncodeError):
        raise Refused("cannot be read: too deep, or half a surrogate pair", field="data") from None
    return CloudEvent(
        prefix=prefix,
        id=attributes["id"],
        source=attributes["source"],
        type=attributes["type"],
        subject=attributes.get("subject"),
        time=time,
        data=data,
        digest=digest,
    )


def _time(value: str | None) -> datetime | None:
    try:
        return None if value is None else _TIME.validate_python(value, strict=False)
    except ValidationError:
        raise Refused("is not an RFC 3339 time with a zone, between 1970 and 9998", field="time") from None


def _data(item: Mapping[str, object]) -> object:
    if "data_base64" not in item:
        return item.get("data")
    if "data" in item:
        raise Refused("data and data_base64 exclude each other", field="data_base64")
    encoded = item["data_base64"]
    try:
        return read_json(base64.b64decode(encoded if isinstance(encoded, str) else "?", validate=True))
    except (binascii.Error, ValueError):
        raise Refused("is not base64", field="data_base64") from None
