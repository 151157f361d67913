"""Old and new code understand each other's events, and the stored schemas are those of the code."""

import copy
from typing import Any

import orjson
import pytest
from contracts import examples, schemas
from contracts.event import Event, UnknownEventType, decode, encode
from contracts.events.by_topic import ALL_EVENTS
from contracts.events.union_events import MeetingScheduled
from contracts.schemas.compatibility import faults
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from pydantic import BaseModel, Field, create_model

by_type = pytest.mark.parametrize("kind", ALL_EVENTS, ids=lambda kind: kind.type_name)
every_example = pytest.mark.parametrize(
    ("kind", "body"),
    [pytest.param(kind, body, id=name) for kind in ALL_EVENTS for name, body in examples.of(kind.type_name).items()],
)


@by_type
def test_the_code_extends_what_was_released_with_full_compatibility(kind: type[Event]) -> None:
    assert faults(schemas.stored(kind.type_name), schemas.of(kind)) == []


@by_type
def test_the_stored_schema_is_what_the_code_says(kind: type[Event]) -> None:
    assert schemas.stored(kind.type_name) == schemas.of(kind), "run `make schemas` and commit what it writes"


@by_type
def test_every_property_is_described(kind: type[Event]) -> None:
    schema = kind.model_json_schema()
    for part in (schema, *schema.get("$defs", {}).values()):
        assert [name for name, one in part.get("properties", {}).items() if not one.get("description")] == []


@by_type
def test_every_event_has_an_example(kind: type[Event]) -> None:
    assert examples.of(kind.type_name)


def test_nothing_is_stored_for_a_type_that_is_gone() -> None:
    known = {kind.type_name for kind in ALL_EVENTS}
    assert {path.name.removesuffix(".json") for path in schemas.FOLDER.glob("*.json")} == known
    assert {path.name.split(".v1")[0] + ".v1" for path in examples.FOLDER.glob("*.json")} == known


@every_example
def test_an_old_example_is_read_by_the_code_and_valid_by_the_schema(kind: type[Event], body: bytes) -> None:
    received = decode(body)
    assert type(received.event) is kind
    Draft202012Validator(schemas.of(kind)).validate(orjson.loads(body))
    assert _covers(received.event.model_dump(mode="json"), orjson.loads(body)["data"])


@every_example
def test_what_the_code_says_is_valid_by_the_stored_schema(kind: type[Event], body: bytes) -> None:
    received = decode(body)
    assert received.time
    again = encode(received.event, id=received.id, source=received.source, subject=received.subject, time=received.time)
    Draft202012Validator(schemas.stored(kind.type_name)).validate(orjson.loads(again))


@every_example
def test_unknown_fields_are_ignored(kind: type[Event], body: bytes) -> None:
    document = orjson.loads(body)
    document["comexampleextension"] = "x"
    for place in _objects(document["data"]):
        place["not_thought_of_yet"] = {"nested": [1, 2]}
    assert decode(orjson.dumps(document)).event == decode(body).event


OPEN_WORDS = {"reason", "intent", "status", "state", "effect", "purpose", "channel", "kind", "encoding", "code"}


@every_example
def test_an_unknown_word_is_read_and_kept(kind: type[Event], body: bytes) -> None:
    document = orjson.loads(body)
    words = dict.fromkeys(document["data"].keys() & OPEN_WORDS, "invented-later")
    document["data"] |= words
    read = decode(orjson.dumps(document)).event.model_dump()
    assert {key: read[key] for key in words} == words
    Draft202012Validator(schemas.stored(kind.type_name)).validate(document)


def test_an_unknown_type_is_distinguished_from_bytes_that_are_no_event() -> None:
    (body, *_) = examples.of("reply.received.v1").values()
    later = orjson.loads(body) | {"type": "reply.received.v2"}
    with pytest.raises(UnknownEventType):
        decode(orjson.dumps(later))


@by_type
def test_the_schema_refuses_what_lacks_a_needed_field(kind: type[Event]) -> None:
    (body, *_) = examples.of(kind.type_name).values()
    document = orjson.loads(body)
    schema: Any = schemas.of(kind)
    for field in schema["properties"]["data"]["required"]:
        less = copy.deepcopy(document)
        del less["data"][field]
        with pytest.raises(ValidationError):
            Draft202012Validator(schemas.stored(kind.type_name)).validate(less)


def _changed(**fields: Any) -> dict[str, Any]:
    said: type[BaseModel] = create_model("Said", **fields)
    return said.model_json_schema()


BEFORE = _changed(said_by=(str, ...), times=(int, 1), words=(tuple[str, ...], ()))


def test_a_new_field_with_a_default_is_compatible() -> None:
    now = _changed(said_by=(str, ...), times=(int, 1), words=(tuple[str, ...], ()), loudly=(bool, False))
    assert faults(BEFORE, now) == []


@pytest.mark.parametrize(
    ("now", "fault"),
    [
        ({"times": (int, 1), "words": (tuple[str, ...], ())}, "said_by: the field was removed or renamed"),
        (
            {"said_by": (str, ...), "times": (int, ...), "words": (tuple[str, ...], ())},
            "times: the field is required, but it was optional before",
        ),
        (
            {"said_by": (str, ...), "times": (int, 1), "words": (tuple[str, ...], ()), "loudly": (bool, ...)},
            "loudly: the field is required, but a new field needs a default",
        ),
        (
            {"said_by": (str, ""), "times": (int, 1), "words": (tuple[str, ...], ())},
            "said_by: the field was required, and older readers need it",
        ),
        ({"said_by": (str, ...), "times": (int, 2), "words": (tuple[str, ...], ())}, "times/default: was 1, is 2"),
        (
            {"said_by": (int, ...), "times": (int, 1), "words": (tuple[str, ...], ())},
            "said_by/type: was 'string', is 'integer'",
        ),
        (
            {"said_by": (str, ...), "times": (int, Field(1, ge=1)), "words": (tuple[str, ...], ())},
            "times: minimum was added",
        ),
        (
            {"said_by": (str, ...), "times": (int, 1), "words": (tuple[int, ...], ())},
            "words/items/type: was 'string', is 'integer'",
        ),
    ],
)
def test_what_breaks_an_earlier_reader_or_writer_is_named(now: dict[str, Any], fault: str) -> None:
    assert fault in faults(BEFORE, _changed(**now))


def test_a_part_that_changes_inside_a_list_is_seen() -> None:
    old = schemas.stored("member.changed.v1")
    new: Any = copy.deepcopy(old)
    del new["$defs"]["Membership"]["properties"]["branch_name"]
    (fault,) = faults(old, new)
    assert fault.endswith("memberships/items.branch_name: the field was removed or renamed")
    assert faults(old, old) == []


def test_an_event_that_gained_a_field_gets_a_second_example_and_keeps_the_first() -> None:
    (body, *_) = examples.of("meeting.scheduled.v1").values()
    assert examples.extended(MeetingScheduled, body) is None
    without = orjson.loads(body)
    del without["data"]["place"]
    second = examples.extended(MeetingScheduled, orjson.dumps(without))
    assert second is not None
    assert orjson.loads(second) == without | {"data": without["data"] | {"place": ""}}


def _objects(value: Any) -> list[dict[str, Any]]:
    """Every object of which the contract names the fields; free maps are left alone."""
    if isinstance(value, list):
        return [inner for item in value for inner in _objects(item)]
    if not isinstance(value, dict):
        return []
    free = {"fallbacks", "merge", "totals", "in_doubt_policy"}
    return [value, *(inner for key, item in value.items() if key not in free for inner in _objects(item))]


def _covers(now: Any, before: Any) -> bool:
    """Everything that was said before is said by now."""
    if isinstance(before, dict):
        return isinstance(now, dict) and all(key in now and _covers(now[key], value) for key, value in before.items())
    if isinstance(before, list):
        return isinstance(now, list) and len(now) == len(before) and all(map(_covers, now, before))
    return bool(now == before)
