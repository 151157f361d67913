"""What is missing in an OpenAPI document that others are to write a client by."""

import re
from collections.abc import Iterator
from typing import Any

METHODS = ("get", "put", "post", "delete", "patch")
_NAME = re.compile(r"[A-Z][A-Za-z]*")
_OPERATION = re.compile(r"[a-z]+(_[a-z]+)*")
_SELF_EXPLAINING = {"examples", "const", "enum", "default", "format"}
Json = dict[str, Any]


def operations(document: Json) -> Iterator[tuple[str, Json]]:
    """Each operation as `GET /path`, and what is said of it."""
    for path, methods in document["paths"].items():
        yield from ((f"{method.upper()} {path}", methods[method]) for method in METHODS if method in methods)


def badly_named(document: Json) -> Iterator[str]:
    """Operation ids are plain and stand once; a schema is called by a noun."""
    seen: set[str] = set()
    for place, operation in operations(document):
        name = operation["operationId"]
        if not _OPERATION.fullmatch(name) or name in seen:
            yield f"{place}: operation id {name}"
        seen.add(name)
    for name in document["components"]["schemas"]:
        if not _NAME.fullmatch(name):
            yield f"schema {name}"


def without_answer(document: Json) -> Iterator[str]:
    """Each operation says what a success is: a schema, or that there is no body."""
    for place, operation in operations(document):
        successes = {status: answer for status, answer in operation["responses"].items() if status.startswith("2")}
        if not successes:
            yield f"{place}: no success"
        for status, answer in successes.items():
            kinds = answer.get("content", {})
            if (status == "204") == bool(kinds) or not all(kind.get("schema") for kind in kinds.values()):
                yield f"{place}: {status} has no schema"


def without_problems(document: Json) -> Iterator[str]:
    """Each operation says which errors follow from what it takes, and which token it needs."""
    for place, operation in operations(document):
        wanted = {"503"}
        if operation.get("security") is None:
            yield f"{place}: neither security nor public"
        for needed in operation.get("security", ()):
            wanted |= {"401", "403"} if "bearer" in needed else {"401"}
        if "requestBody" in operation:
            wanted |= {"413", "422"}
        for parameter in operation.get("parameters", ()):
            wanted.add("422")
            if parameter["name"] == "if-match":
                wanted |= {"412", "428"} if parameter["required"] else {"412"}
        if missing := sorted(wanted - operation["responses"].keys()):
            yield f"{place}: {', '.join(missing)}"


def free_form(document: Json) -> Iterator[str]:
    """Places where anything may stand: an object without properties, or no type at all."""
    for place, schema in _schemas(document):
        typed = schema.keys() & {"type", "$ref", "anyOf", "oneOf", "allOf", "const", "enum"}
        open_object = schema.get("type") == "object" and not schema.keys() & {"properties", "patternProperties"}
        any_items = schema.get("type") == "array" and not schema.keys() & {"items", "prefixItems"}
        if not typed or any_items or (open_object and not isinstance(schema.get("additionalProperties"), dict)):
            yield place


def undescribed(document: Json) -> Iterator[str]:
    """Properties, parameters and response headers without a word on what they are."""
    for place, schema in _schemas(document):
        for name, value in schema.get("properties", {}).items():
            if not value.get("description"):
                yield f"{place}.{name}"
    for place, operation in operations(document):
        for parameter in operation.get("parameters", ()):
            if not parameter.get("description"):
                yield f"{place}: {parameter['name']}"
        for answer in operation["responses"].values():
            yield from (
                f"{place}: {name}"
                for name, header in answer.get("headers", {}).items()
                if not header.get("description")
            )


def without_example(document: Json) -> Iterator[str]:
    """Schemas of requests and answers that show no value, neither as a whole nor property by property."""
    for name, schema in document["components"]["schemas"].items():
        if not _shown(schema, document, (name,)):
            yield name


def _shown(schema: Json, document: Json, seen: tuple[str, ...]) -> bool:
    if schema.keys() & _SELF_EXPLAINING or schema.get("type") in ("boolean", "null"):
        return True
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return name in seen or _shown(document["components"]["schemas"][name], document, (*seen, name))
    if schema.get("type") == "array":
        return _shown(schema.get("items", {}), document, seen)
    choices = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
    if choices:
        return any(_shown(choice, document, seen) for choice in choices if choice.get("type") != "null")
    inner = schema.get("properties")
    return inner is not None and all(_shown(value, document, seen) for value in inner.values())


def _schemas(document: Json) -> Iterator[tuple[str, Json]]:
    """Every schema of the document with its place, nested ones too; each once."""
    for name, schema in document["components"]["schemas"].items():
        yield from _nested(name, schema)
    for place, operation in operations(document):
        answers = ((f"{place} {status}", answer) for status, answer in operation["responses"].items())
        for where, carrier in (*answers, (f"{place} request", operation.get("requestBody", {}))):
            for kind in carrier.get("content", {}).values():
                yield from _nested(where, kind.get("schema", {}))
        for parameter in operation.get("parameters", ()):
            yield from _nested(f"{place} {parameter['name']}", parameter["schema"])


def _nested(place: str, schema: Json) -> Iterator[tuple[str, Json]]:
    yield place, schema
    for name, value in schema.get("properties", {}).items():
        yield from _nested(f"{place}.{name}", value)
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield from _nested(f"{place}[]", schema[key])
    for key in ("anyOf", "oneOf", "allOf"):
        for choice in schema.get(key, ()):
            yield from _nested(place, choice)
