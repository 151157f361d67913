"""Requests made up from a service's own description, and what no answer to them may be."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import APIOperation, Case, GenerationMode, Response
from schemathesis.core.result import Err

from tests.support.answers import Description

Operation = APIOperation[Any, Any, Any, Any]

HOSTILE: tuple[Any, ...] = (
    None,
    True,
    [],
    {},
    -1,
    2**31,
    2**63,
    2**64,
    10**30,
    1e308,
    0.5,
    "",
    " ",
    "a\x00b",
    "a\r\nb",
    "\u2028\u202e",
    "\ud800",
    "x" * 5000,
    "{{ a.b }}",
    "{% for",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "0001-01-01",
    "9999-12-31",
    "00000000-0000-0000-0000-000000000000",
    "../..%2f",
)
"""What broke somebody's service before: each takes the place of one value of a request."""
_PROBLEM = "application/problem+json"
_SAFE_FIRST = ("GET", "POST", "PUT", "PATCH", "DELETE")
_LAST = ("/sandbox/faults", "/sandbox/settings")
"""What they set makes the sandbox fail on purpose."""
_WAITING = ("/sandbox/settle", "/sandbox/inbound")
"""Whose answer comes when others have answered: here they may be addresses that nobody has."""
_OTHER_ERRORS = ("/oauth/token", "/unsubscribe/{token}", "/answer/{token}", "/2010-04-01", "/webhooks")
"""RFC 6749, pages for people, and a carrier's own words have another shape of error."""


@dataclass
class Walk:
    """One service: where it listens, who calls, and ids of things that are there, by the name in the path."""

    url: str
    description: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)
    auth: tuple[str, str] | None = None
    known: Mapping[str, Sequence[str]] = field(default_factory=dict)
    examples: int = 10
    wrong: list[str] = field(default_factory=list)
    statuses: dict[str, set[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._described = Description(self.description)

    def run(self) -> None:
        """Every operation, as described and with one place made hostile; blocking. The same requests at every run."""
        for operation in sorted(self._operations(), key=_order):
            self._try(operation)

    def _operations(self) -> Iterator[Operation]:
        for found in schemathesis.openapi.from_dict(self.description).get_all_operations():
            if isinstance(found, Err):
                raise found.err()
            yield found.ok()

    def _try(self, operation: Operation) -> None:
        quietly = settings(
            max_examples=self.examples,
            derandomize=True,
            database=None,
            deadline=None,
            phases=(Phase.generate,),
            suppress_health_check=tuple(HealthCheck),
        )

        @quietly
        @given(
            case=operation.as_strategy(generation_mode=GenerationMode.POSITIVE),
            places=st.fixed_dictionaries({}, optional=self._places(operation)),
            blow=st.none() | st.tuples(st.integers(0, 99), st.sampled_from(HOSTILE)),
        )
        def ask(case: Case[Any], places: dict[str, str], blow: tuple[int, Any] | None) -> None:
            case.path_parameters = {**case.path_parameters, **places}
            if blow is not None:
                _strike(case, *blow)
            seen = self.statuses.setdefault(operation.label, set())
            waits = operation.path.startswith(_WAITING)
            try:
                answer = case.call(
                    base_url=self.url, headers=self.headers, auth=self.auth, timeout=0.5 if waits else 30
                )
            except requests.Timeout:
                if not waits:
                    raise
                return
            seen.add(answer.status_code)
            self._judge(case, answer)

        ask()

    def _places(self, operation: Operation) -> dict[str, Any]:
        named = {place for place in self.known if f"{{{place}}}" in operation.path}
        return {place: st.sampled_from(list(self.known[place])) for place in sorted(named)}

    def _judge(self, case: Case[Any], answer: Response) -> None:
        asked = httpx.Request(case.method, answer.request.url or "")
        headers = {name: ", ".join(values) for name, values in answer.headers.items() if name != "content-encoding"}
        seen = httpx.Response(answer.status_code, headers=headers, content=answer.content, request=asked)
        if fault := self._described.fault(seen):
            self.wrong.append(fault)
        kind = answer.headers.get("content-type", [""])[0]
        told = f"{case.method} {answer.request.url}: {answer.status_code} {kind} {answer.text[:200]}"
        if answer.status_code >= 500:
            self.wrong.append(f"{told}\n    sent {answer.request.headers} {answer.request.body!r:.600}")
        elif answer.status_code >= 400 and kind != _PROBLEM and not case.operation.path.startswith(_OTHER_ERRORS):
            self.wrong.append(told)


def _order(operation: Operation) -> tuple[bool, int, str]:
    return operation.path.startswith(_LAST), _SAFE_FIRST.index(operation.method.upper()), operation.path


def _strike(case: Case[Any], number: int, value: Any) -> None:
    """Put the value in the place of that number, counted round through path, query and body."""
    texts = [(held, name) for held in (case.path_parameters, case.query) for name in held]
    inside = list(_leaves(case.body))
    if not texts and not inside:
        return
    place = number % (len(texts) + len(inside))
    held, name = [*texts, *inside][place]
    if place >= len(texts) and "json" in (case.media_type or ""):
        held[name] = value
    else:
        # Half a surrogate pair is sayable in JSON only.
        held[name] = str(value).encode(errors="replace").decode()


def _leaves(part: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a body, as what holds it and its name there."""
    places = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    for name, inner in places:
        yield part, name
        yield from _leaves(inner)
