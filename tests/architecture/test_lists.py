"""No GET answers a list that grows with the union: a page is bounded, and says where the next one begins."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from fastapi.routing import APIRoute, iter_route_contexts

from tests.architecture.services import build_all

BOUNDED = {
    "access /.well-known/jwks.json": "the key set: a few keys, of which old ones are dropped",
    "segmenter /campaigns/{campaign_id}": "one campaign; its lists are those of its own definition, which are limited",
    "segmenter /campaigns/{campaign_id}/progress": "figures by the union's branches",
    "segmenter /campaigns/{campaign_id}/summary": "figures by the union's branches",
    "segmenter /segments/{segment_id}/preview": "figures by the union's branches",
    "dispatch_sms /sending/stops": "the stops that hold first, and at most 200 rows",
    "dispatch_email /sending/stops": "the stops that hold first, and at most 200 rows",
    "ballot /polls/{poll_id}": "one poll; its lists are those of its own definition, which is limited",
    "ballot /polls/{poll_id}/result": "figures by the poll's options",
    "ballot /polls/{poll_id}/turnout": "figures by the union's branches",
    "members /members/{member_id}": "one member's own contact points, memberships and consents",
    "sandbox /sandbox/faults": "rules that a test has added itself",
}
"""Lists without pages, each with what limits it."""
Json = dict[str, Any]


def lists_of(document: Json) -> Iterator[tuple[str, Json, Json]]:
    """Path, operation and schema of each GET that answers a list: an array, or an object that holds one of objects."""
    for path, item in document["paths"].items():
        content = item.get("get", {}).get("responses", {}).get("200", {}).get("content", {})
        schema = _resolved(document, content.get("application/json", {}).get("schema", {}))
        held = [_resolved(document, field) for field in schema.get("properties", {}).values()]
        if any(_is_list_of_objects(document, one) for one in (schema, *held)):
            yield path, item["get"], schema


def _resolved(document: Json, schema: Json) -> Json:
    for choice in (schema, *schema.get("anyOf", ())):
        if "$ref" in choice:
            return dict(document["components"]["schemas"][choice["$ref"].rsplit("/", 1)[1]])
    return schema


def _is_list_of_objects(document: Json, schema: Json) -> bool:
    of = (choice.get("items") for choice in (schema, *schema.get("anyOf", ())) if choice.get("type") == "array")
    return any(one is not None and _resolved(document, one).get("type") not in {"string", "integer"} for one in of)


def is_paged(operation: Json, schema: Json) -> bool:
    """Whether the caller is given at most so many, and the place of the next page."""
    limits = [each["schema"] for each in operation.get("parameters", ()) if each["name"] == "limit"]
    return bool(limits) and "maximum" in limits[0] and "next" in schema.get("properties", {})


@pytest.fixture(scope="module")
def apis(tmp_path_factory: pytest.TempPathFactory) -> dict[str, FastAPI]:
    """All services."""
    return {name: one.api for name, one in build_all(tmp_path_factory.mktemp("lists")).items()}


def test_every_list_is_paged_or_has_a_reason(apis: dict[str, FastAPI]) -> None:
    paged, whole = set[str](), set[str]()
    for service, api in apis.items():
        for path, operation, schema in lists_of(api.openapi()):
            (paged if is_paged(operation, schema) else whole).add(f"{service} {path}")
    assert len(paged) > 15
    assert sorted(whole - BOUNDED.keys()) == [], "lists without pages"
    assert sorted(BOUNDED.keys() - whole) == [], "reasons that nothing needs"


def test_no_file_is_made_in_memory(apis: dict[str, FastAPI]) -> None:
    """What is not JSON, a page for people or a key set is a file, and streamed."""
    files = {
        f"{service} {context.path}": route.response_class
        for service, api in apis.items()
        for context in iter_route_contexts(api.routes)
        if isinstance(route := context.original_route, APIRoute) and "GET" in (route.methods or ())
        if isinstance(route.response_class, type) and route.response_class.media_type == "text/csv"
    }
    assert len(files) == 2
    assert [name for name, kind in files.items() if not issubclass(kind, StreamingResponse)] == []


LISTING = {"properties": {"items": {"type": "array", "items": {"$ref": "#/components/schemas/Thing"}}}}


@pytest.mark.parametrize(
    ("parameters", "fields", "paged"),
    [
        ([], {}, False),
        ([{"name": "limit", "schema": {"type": "integer"}}], {"next": {}}, False),
        ([{"name": "limit", "schema": {"type": "integer", "maximum": 9}}], {}, False),
        ([{"name": "limit", "schema": {"type": "integer", "maximum": 9}}], {"next": {}}, True),
    ],
)
def test_the_rule_bites(parameters: list[Json], fields: Json, *, paged: bool) -> None:
    schema = {"properties": LISTING["properties"] | fields}
    operation = {"parameters": parameters, "responses": {"200": {"content": {"application/json": {"schema": schema}}}}}
    things = {"schemas": {"Thing": {"type": "object"}}}
    ((_, found, listed),) = lists_of({"paths": {"/things": {"get": operation}}, "components": things})
    assert is_paged(found, listed) is paged
    assert not list(lists_of({"paths": {"/one": {"post": operation}}, "components": things}))
