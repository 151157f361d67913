"""CloudEvents at the front door: three modes read into one form, strictly, and a digest that is the same in each.

Modes: structured (`application/cloudevents+json`), batched (`application/cloudevents-batch+json`) and binary (`ce-`
headers, percent-encoded as the HTTP binding says). The digest is over canonical JSON in the manner of RFC 8785: keys
sorted by UTF-16 code units, one spelling for each number, no blanks.
"""

import base64
import binascii
import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from chassis.errors import Fault, Refused
from contracts.field_types import Moment
from pydantic import TypeAdapter, ValidationError

STRUCTURED, BATCHED, JSON = (
    "application/cloudevents+json",
    "application/cloudevents-batch+json",
    "application/json",
)
_KNOWN = frozenset(
    {
        "specversion",
        "id",
        "source",
        "type",
        "subject",
        "time",
        "datacontenttype",
        "dataschema",
        "traceparent",
        "tracestate",
    }
)
_NEEDED = ("specversion", "id", "source", "type")
_NOT_CONTENT = frozenset({"traceparent", "tracestate"})
"""A retry may travel under another trace; it is still the same event."""
MAX_BATCH = 1000
_TIME: TypeAdapter[datetime] = TypeAdapter(Moment)


@dataclass(frozen=True, slots=True)
class Incoming:
    """One event as it came in; `place` prefixes its faults, `[3].` in a batch."""

    place: str
    id: str
    source: str
    type: str
    subject: str | None
    time: datetime | None
    data: Any
    digest: bytes

    def fault(self, field: str, reason: str) -> Fault:
        """A fault of this event."""
        return Fault(f"{self.place}{field}", reason)


def read_events(content_type: str, headers: Mapping[str, str], body: bytes) -> list[Incoming]:
    """Every event of a request. Raises Refused with all faults, each with its index in a batch."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind == BATCHED:
        return _batch(parsed(body))
    if kind == STRUCTURED:
        return _all([("", parsed(body))])
    if "ce-specversion" in headers or "ce-type" in headers or "ce-id" in headers:
        if kind not in ("", JSON):
            raise Refused(f"the data of a binary event must be {JSON}", field="content-type")
        return _all([("", _binary(headers, body))])
    raise Refused(f"send {STRUCTURED}, {BATCHED}, or ce- headers with {JSON}", field="content-type")


def parsed(body: bytes) -> Any:
    """JSON as I-JSON has it: UTF-8, no NaN, no key twice, no endless depth."""
    try:
        return json.loads(body.decode(), parse_constant=_no_constant, object_pairs_hook=_no_key_twice)
    except UnicodeDecodeError:
        raise Refused("the body is not UTF-8", field="body") from None
    except RecursionError:
        raise Refused("the body is nested too deeply", field="body") from None
    except ValueError as error:
        reason = (
            f"is not JSON: {error.msg} at line {error.lineno}"
            if isinstance(error, json.JSONDecodeError)
            else str(error)
        )
        raise Refused(f"the body {reason}"[:200], field="body") from None


def _no_constant(name: str) -> Any:
    raise ValueError(f"holds {name}, which is not JSON")


def _no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("has an object with the same key twice")
    return found


def _batch(body: Any) -> list[Incoming]:
    if not isinstance(body, list) or not body:
        raise Refused("a batch is a JSON array of one event or more", field="body")
    if len(body) > MAX_BATCH:
        raise Refused(f"a batch holds at most {MAX_BATCH} events", field="body")
    return _all([(f"[{index}].", item) for index, item in enumerate(body)])


def _binary(headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    attributes: dict[str, Any] = {
        name.lower()[3:]: unquote(value, errors="replace")
        for name, value in headers.items()
        if name.lower().startswith("ce-")
    }
    if "data" in attributes or "datacontenttype" in attributes:
        raise Refused("data and datacontenttype are not ce- headers", field="ce-data")
    return attributes | ({"data": parsed(body)} if body else {})


def _all(items: list[tuple[str, Any]]) -> list[Incoming]:
    events: list[Incoming] = []
    faults: list[Fault] = []
    for place, item in items:
        found = _attribute_faults(place, item)
        if not found:
            try:
                events.append(_incoming(place, item))
            except Refused as refused:
                found = [Fault(place + fault.field, fault.reason) for fault in refused.faults]
        faults += found
    if faults:
        raise Refused(f"{len(faults)} fault(s) in the envelope", faults=faults[:100])
    return events


def _attribute_faults(place: str, item: Any) -> list[Fault]:
    if not isinstance(item, dict):
        return [Fault(place.rstrip(".") or "body", "is not an object")]
    unknown = [name for name in item if name not in _KNOWN and name not in ("data", "data_base64")]
    faults = [Fault(f"{place}{name}"[:120], "unknown field") for name in unknown]
    faults += [Fault(f"{place}{name}", "is missing") for name in _NEEDED if name not in item]
    for name in _KNOWN & item.keys():
        faults += [Fault(f"{place}{name}", reason) for reason in _text_faults(name, item[name])]
    return faults


def _text_faults(name: str, value: Any) -> list[str]:
    if not isinstance(value, str):
        return ["is not text"]
    if not 1 <= len(value) <= 200:
        return ["has not 1 to 200 characters"]
    if not value.isprintable():
        return ["holds a character that cannot be printed"]
    if name == "specversion" and value != "1.0":
        return ["is not 1.0"]
    if name == "datacontenttype" and value.partition(";")[0].strip().lower() != JSON:
        return [f"is not {JSON}"]
    return []


def _incoming(place: str, item: dict[str, Any]) -> Incoming:
    time = _time(item.get("time"))
    data = _data(item)
    content = {
        name: value for name, value in item.items() if name in _KNOWN - _NOT_CONTENT and name != "datacontenttype"
    }
    if time is not None:
        content["time"] = time.isoformat()
    try:
        digest = hashlib.sha256(canonical(content | {"data": data}).encode()).digest()
    except (RecursionError, UnicodeEncodeError):
        raise Refused("cannot be read: too deep, or half a surrogate pair", field="data") from None
    return Incoming(
        place=place,
        id=item["id"],
        source=item["source"],
        type=item["type"],
        subject=item.get("subject"),
        time=time,
        data=data,
        digest=digest,
    )


def _time(value: str | None) -> datetime | None:
    try:
        return None if value is None else _TIME.validate_python(value, strict=False)
    except ValidationError:
        raise Refused("is not an RFC 3339 time with a zone, between 1970 and 9998", field="time") from None


def _data(item: dict[str, Any]) -> Any:
    if "data_base64" not in item:
        return item.get("data")
    if "data" in item:
        raise Refused("data and data_base64 exclude each other", field="data_base64")
    try:
        return parsed(base64.b64decode(item["data_base64"], validate=True))
    except (binascii.Error, TypeError, ValueError):
        raise Refused("is not base64", field="data_base64") from None


def canonical(value: Any) -> str:
    """JSON with one spelling; `value` comes from a JSON parser."""
    if isinstance(value, dict):
        members = sorted(value.items(), key=lambda pair: pair[0].encode("utf-16-be"))
        return "{" + ",".join(f"{json.dumps(key, ensure_ascii=False)}:{canonical(item)}" for key, item in members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, float):
        return _number(value)
    return json.dumps(value, ensure_ascii=False)


def _number(value: float) -> str:
    if not math.isfinite(value):
        raise Refused("holds a number that is too large", field="data")
    return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
