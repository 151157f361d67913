"""CloudEvents in three modes become one form; what is not an event is refused with the field at fault."""

import base64
import json
from typing import Any
from urllib.parse import quote

import pytest
from chassis.errors import Refused
from hypothesis import given
from hypothesis import strategies as some
from members.domain.intake.canonical_json import canonical, read_json
from members.domain.intake.cloudevents import BATCHED, JSON, STRUCTURED, read_events

MEETING: dict[str, Any] = {
    "specversion": "1.0",
    "id": "m-1",
    "source": "calendar",
    "type": "meeting.scheduled.v1",
    "subject": "m-1",
    "time": "2026-03-01T12:00:00Z",
    "data": {"meeting_id": "m-1", "title": "Cyfarfod â'r gangen", "size": 1.0},
}


def structured(event: Any) -> bytes:
    (read,) = read_events(STRUCTURED, {}, json.dumps(event).encode())
    return read.digest


def binary(event: dict[str, Any], content_type: str = JSON) -> bytes:
    headers = {f"ce-{name}": quote(value) for name, value in event.items() if name != "data"}
    (read,) = read_events(content_type, headers, json.dumps(event["data"]).encode())
    return read.digest


def faults(call: Any) -> list[tuple[str, str]]:
    with pytest.raises(Refused) as refused:
        call()
    return [(fault.field, fault.reason) for fault in refused.value.faults]


def test_the_same_event_has_one_digest_in_every_mode() -> None:
    (batched,) = read_events(BATCHED, {}, json.dumps([MEETING]).encode())
    data = base64.b64encode(json.dumps(MEETING["data"]).encode()).decode()
    encoded = {name: value for name, value in MEETING.items() if name != "data"} | {"data_base64": data}
    assert {structured(MEETING), binary(MEETING), binary(MEETING, ""), batched.digest, structured(encoded)} == {
        structured(MEETING)
    }


@pytest.mark.parametrize(
    "same",
    [
        {"data": {"size": 1, "title": "Cyfarfod â'r gangen", "meeting_id": "m-1"}},
        {"time": "2026-03-01T13:00:00+01:00"},
        {"datacontenttype": "application/json; charset=utf-8"},
        {"traceparent": "00-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-bbbbbbbbbbbbbbbb-01"},
    ],
)
def test_spelling_order_and_trace_are_not_content(same: dict[str, Any]) -> None:
    assert structured(MEETING | same) == structured(MEETING)


@pytest.mark.parametrize(
    "other",
    [{"data": MEETING["data"] | {"size": 2}}, {"time": "2026-03-01T12:00:01Z"}, {"subject": "m-2"}, {"type": "x.y.v1"}],
)
def test_another_content_has_another_digest(other: dict[str, Any]) -> None:
    assert structured(MEETING | other) != structured(MEETING)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"specversion": "0.3"}, "specversion"),
        ({"id": ""}, "id"),
        ({"id": 7}, "id"),
        ({"id": "x" * 201}, "id"),
        ({"source": "a\x00b"}, "source"),
        ({"source": "a\ud800b"}, "source"),
        ({"time": "noon"}, "time"),
        ({"time": "2026-03-01T12:00:00"}, "time"),
        ({"datacontenttype": "text/xml"}, "datacontenttype"),
        ({"comexampleextra": "x"}, "comexampleextra"),
        ({"": 1}, ""),
        ({"data_base64": "e30="}, "data_base64"),
    ],
)
def test_a_wrong_attribute_is_named(change: dict[str, Any], field: str) -> None:
    assert [name for name, _ in faults(lambda: structured(MEETING | change))] == [field]


def test_every_fault_of_a_batch_carries_its_index() -> None:
    missing = {name: value for name, value in MEETING.items() if name != "source"}
    body = json.dumps([MEETING, missing, MEETING | {"colour": "red"}, "nothing"]).encode()
    assert faults(lambda: read_events(BATCHED, {}, body)) == [
        ("[1].source", "is missing"),
        ("[2].colour", "unknown field"),
        ("[3]", "is not an object"),
    ]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b'{"a": NaN}',
        b'{"a": 1, "a": 2}',
        b"[" * 100_000,
        b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
        b"[]",
        b"null",
    ],
)
@pytest.mark.parametrize("content_type", [STRUCTURED, BATCHED])
def test_a_body_that_is_no_event_is_refused(content_type: str, body: bytes) -> None:
    assert faults(lambda: read_events(content_type, {}, body))


def test_a_number_beyond_every_float_is_refused() -> None:
    body = json.dumps(MEETING).replace("1.0}", "1e999}").encode()
    assert [name for name, _ in faults(lambda: read_events(STRUCTURED, {}, body))] == ["data"]


def test_another_content_type_is_refused_with_those_that_are_taken() -> None:
    ((field, reason),) = faults(lambda: read_events("application/json", {}, b"{}"))
    assert field == "content-type"
    assert STRUCTURED in reason


@given(
    some.recursive(
        some.none()
        | some.booleans()
        | some.integers()
        | some.floats(allow_nan=False, allow_infinity=False)
        | some.text(),
        lambda inner: some.lists(inner, max_size=4) | some.dictionaries(some.text(max_size=5), inner, max_size=4),
        max_leaves=12,
    )
)
def test_canonical_json_is_json_of_the_same_value_and_its_own_canonical_form(value: Any) -> None:
    text = canonical(value)
    assert json.loads(text) == value
    assert canonical(read_json(text.encode())) == text


def test_keys_are_sorted_by_utf16_as_rfc_8785_has_it() -> None:
    assert canonical({"\ufb33": 1, "\U0001f600": 2, "é": 3}) == '{"é":3,"\U0001f600":2,"\ufb33":1}'
