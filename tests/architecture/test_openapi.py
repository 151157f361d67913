"""The OpenAPI document of each service is complete enough to write a client by, and as plain."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.architecture.documents import (
    badly_named,
    free_form,
    operations,
    undescribed,
    without_answer,
    without_example,
    without_problems,
)
from tests.architecture.rooms import SERVICES
from tests.support.answers import described

FREE_FORM: dict[str, dict[str, str]] = {
    "segmenter": {"UnionEvent.data": "CloudEvents 1.0: what data holds follows from the type of the event"},
}
"""By service, the places in which anything may stand, and the standard that has it so."""
RULES = (badly_named, without_answer, without_problems, undescribed, without_example)


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_nothing_is_missing(service: str, rule: Callable[[dict[str, Any]], Iterator[str]]) -> None:
    found = [*rule(described(service).document)]
    assert not found, "\n".join(["", *found])


@pytest.mark.parametrize("service", SERVICES)
def test_nothing_is_free_form_but_where_a_standard_has_it(service: str) -> None:
    assert {*free_form(described(service).document)} == FREE_FORM.get(service, {}).keys()


@pytest.mark.parametrize("service", SERVICES)
def test_no_error_has_the_shape_of_the_framework(service: str) -> None:
    document = described(service).document
    assert [*operations(document)]
    assert "ValidationError" not in str(document)


def test_each_rule_finds_what_it_is_for() -> None:
    nothing: dict[str, Any] = {"operationId": "show_one", "responses": {}}
    bad = {
        "operationId": "showOne",
        "security": [{"bearer": ["a"]}],
        "parameters": [{"name": "if-match", "in": "header", "required": True, "schema": {"type": "string"}}],
        "requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}},
        "responses": {"200": {"content": {"application/json": {}}}, "204": {"content": {"text/html": {}}}, "412": {}},
    }
    part = {"type": "object", "properties": {"a": {"type": "string"}, "b": {"additionalProperties": True}}}
    document = {
        "paths": {"/a": {"get": nothing, "put": bad, "post": nothing}},
        "components": {"schemas": {"A_b": part}},
    }
    assert [*badly_named(document)] == ["PUT /a: operation id showOne", "POST /a: operation id show_one", "schema A_b"]
    assert [*without_answer(document)] == [
        "GET /a: no success",
        "PUT /a: 200 has no schema",
        "PUT /a: 204 has no schema",
        "POST /a: no success",
    ]
    assert [*without_problems(document)] == [
        "GET /a: neither security nor public",
        "GET /a: 503",
        "PUT /a: 401, 403, 413, 422, 428, 503",
        "POST /a: neither security nor public",
        "POST /a: 503",
    ]
    assert [*undescribed(document)] == ["A_b.a", "A_b.b", "PUT /a: if-match"]
    assert [*without_example(document)] == ["A_b"]
    assert [*free_form(document)] == ["A_b.b", "PUT /a 200", "PUT /a 204", "PUT /a request"]
