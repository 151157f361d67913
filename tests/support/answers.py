"""Every answer of a service is held against its OpenAPI document: status, headers, media type, body.

A call by `http_client("ballot", url)` whose answer is not as documented fails, and with it the test.
What is in no document is let through: health, webhooks, the sandbox's carrier, paths and methods that are not there.
A 500 is documented nowhere. A test that provokes one says so at the request: `extensions={"provokes": "the bug"}`.
"""

import re
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs

from tests.architecture.services import build
from tests.support.facts import patient

Hooks = Mapping[str, list[Callable[[httpx.Response], Awaitable[None]]]]


def answers_of(service: str) -> Hooks:
    """For a client of a service by the name of its module."""
    return answers_as(lambda: described(service))


def answers_as(description: Callable[[], "Description"]) -> Hooks:
    """The same for any description."""

    async def check(response: httpx.Response) -> None:
        await response.aread()
        if response.status_code == 500 and response.request.extensions.get("provokes"):
            return
        fault = description().fault(response)
        assert fault is None, fault

    return {"response": [check]}


def http_client(service: str, url: httpx.URL | str, *, timeout: float = 30, **options: Any) -> httpx.AsyncClient:
    """A client that fails where an answer is not as the service's document says."""
    return httpx.AsyncClient(base_url=url, timeout=patient(timeout), event_hooks=answers_of(service), **options)


@cache
def described(service: str) -> "Description":
    """A service's own, made once."""
    with tempfile.TemporaryDirectory() as folder:
        return Description(build(service, Path(folder)).api.openapi())


class Description:
    """An OpenAPI document, and what it says of an answer."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self._validators: dict[str, jsonschema_rs.Validator] = {}
        self._paths = [(_pattern(path), path) for path in sorted(document["paths"], key=lambda path: path.count("{"))]

    def fault(self, response: httpx.Response) -> str | None:
        """What is not as documented; None when all is, or when it is no operation."""
        method, path = response.request.method.lower(), response.request.url.path
        template = next((template for pattern, template in self._paths if pattern.fullmatch(path)), None)
        operation = self.document["paths"].get(template, {}).get(method)
        if operation is None:
            return None
        asked = f"{method.upper()} {template}: {response.status_code}"
        answer = operation["responses"].get(str(response.status_code))
        if answer is None:
            return f"{asked} is not documented: {response.text[:300]}"
        if "$ref" in answer:
            answer = self.document["components"]["responses"][answer["$ref"].rpartition("/")[2]]
        missing = [name for name in answer.get("headers", ()) if name not in response.headers]
        if missing:
            return f"{asked} lacks {', '.join(missing)}"
        wrong = self._wrong(asked, answer.get("content", {}), response)
        return f"{asked} {wrong}" if wrong else None

    def _wrong(self, asked: str, content: Mapping[str, Any], response: httpx.Response) -> str | None:
        kind = response.headers.get("content-type", "").partition(";")[0]
        if not content:
            return f"has a body: {response.text[:300]}" if response.content else None
        if kind not in content:
            return f"is {kind or 'of no type'}, not {' or '.join(content)}"
        if not kind.endswith("json"):
            return None
        if asked not in self._validators:
            schema = content[kind]["schema"] | {"components": self.document["components"]}
            self._validators[asked] = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
        faults = self._validators[asked].iter_errors(response.json())
        told = [f"{'.'.join(map(str, fault.instance_path))}: {fault.message}" for fault in faults]
        return f"is not as documented: {'; '.join(told[:5])}" if told else None


def _pattern(template: str) -> re.Pattern[str]:
    return re.compile("/".join("[^/]+" if part.startswith("{") else re.escape(part) for part in template.split("/")))
