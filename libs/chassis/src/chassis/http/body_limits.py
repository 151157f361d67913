"""What a request body may be: bounded in size and depth, and JSON as the standard has it (no NaN)."""

import json
import re
from collections.abc import Mapping
from contextlib import suppress

import orjson
from chassis.errors import Fault, MusterError, TooLarge
from chassis.http.problems import answer_for, problem
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_DEPTH = 40
MOST_HELD = 64 * 1024 * 1024
"""Bytes of a body that is held, whatever limit its path has."""
_STRINGS = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
"""Possessive and with an optional end: an unterminated string is passed over once, not from each of its quotes."""
_BRACKETS = re.compile(rb"[\[\]{}]")


class BodyLimits:
    """ASGI middleware inside the request checks. `larger` gives path prefixes with a limit of their own, in bytes. A
    body for one of these that is not JSON is counted while the handler reads it, and not held."""

    def __init__(self, app: ASGIApp, *, limit: int, larger: Mapping[str, int]) -> None:
        self._app, self._usual, self._larger = app, limit, dict(larger)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in {"GET", "HEAD", "OPTIONS"} or "route" not in scope:
            await self._app(scope, receive, send)
            return
        larger = next((limit for prefix, limit in self._larger.items() if scope["path"].startswith(prefix)), None)
        if larger is not None and not _is_json(scope):
            with suppress(ClientDisconnect):  # a request without all of its body is not handled
                await self._app(scope, _counted(receive, larger), send)
            return
        try:
            body = await _whole(receive, min(larger or self._usual, MOST_HELD))
        except ClientDisconnect:
            return  # a request without all of its body is not handled
        except MusterError as error:
            await answer_for(error)(scope, receive, send)
            return
        fault = _json_fault(body) if _is_json(scope) and body else None
        if fault:
            await problem(422, "Refused", fault, [Fault("body", fault)])(scope, receive, send)
            return
        await self._app(scope, _again(body, receive), send)


async def _whole(receive: Receive, limit: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        part = message.get("body", b"")
        size += len(part)
        if size > limit:
            raise TooLarge("the body is over the limit", field="body")
        parts.append(part)
        if not message.get("more_body"):
            return b"".join(parts)


def _counted(receive: Receive, limit: int) -> Receive:
    size = 0

    async def read() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > limit:
            raise TooLarge("the body is over the limit", field="body")
        return message

    return read


def _again(body: bytes, receive: Receive) -> Receive:
    given = False

    async def read() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return read


def _is_json(scope: Scope) -> bool:
    kind = next((value for name, value in scope["headers"] if name == b"content-type"), b"")
    return b"json" in kind.lower()


def _json_fault(body: bytes) -> str | None:
    if too_deep(body):
        return f"JSON nested deeper than {MAX_DEPTH} levels"
    try:
        orjson.loads(body)
    except json.JSONDecodeError as error:
        return f"not JSON: {error.msg}"
    return None


def too_deep(body: bytes) -> bool:
    """Whether brackets outside strings nest deeper than MAX_DEPTH; found without building anything."""
    depth = 0
    for bracket in _BRACKETS.findall(_STRINGS.sub(b"", body)):
        depth += 1 if bracket in b"[{" else -1
        if depth > MAX_DEPTH:
            return True
    return False
