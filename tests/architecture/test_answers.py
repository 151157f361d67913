"""The check of every answer (tests/support/answers.py) fails the call whose answer is not as documented."""

from pathlib import Path

import httpx
import pytest
from chassis.http.openapi import DocumentedAPI
from chassis.http.problems import problems, response_headers
from fastapi import APIRouter
from pydantic import BaseModel

from tests.support.answers import Description, answers_as

router = APIRouter()
TESTS = Path(__file__).parents[1]
UNCHECKED = {
    "architecture/test_answers.py": "the check itself",
    "chaos/test_crash_matrix_sending.py": "the carrier's own paths",
    "chassis": "services made up for the test",
    "local_stack/test_up.py": "whatever `make up` has started",
    "support/replicas.py": "health",
}
"""Clients without the check, and whom they ask."""


class Answer(BaseModel):
    """What is documented."""

    number: int
    name: str | None


@router.get("/answers/{kind}", responses=response_headers(200, "ETag") | problems(404))
async def show_answer(kind: str) -> Answer:
    """Never what is documented, but for `right`."""
    return Answer(number=1, name=kind)


@router.get("/empty", status_code=204)
async def show_nothing() -> None:
    """Nothing."""


PROBLEM = {"type": "about:blank", "title": "Not found", "status": 404, "detail": "there is none"}
RIGHT = httpx.Response(200, json={"number": 1, "name": None}, headers={"ETag": '"1"'})


@pytest.fixture(scope="module")
def description() -> Description:
    api = DocumentedAPI(title="a test's own")
    api.include_router(router)
    return Description(api.openapi())


@pytest.mark.parametrize(
    ("path", "answer", "fault"),
    [
        ("/answers/a", RIGHT, None),
        ("/answers/a", httpx.Response(404, json=PROBLEM, headers={"Content-Type": "application/problem+json"}), None),
        ("/answers/a", httpx.Response(500), "500 is not documented"),
        ("/nowhere", httpx.Response(404), None),
        ("/empty", httpx.Response(204), None),
        ("/answers/a", httpx.Response(409), "409 is not documented"),
        ("/answers/a", httpx.Response(404, json=PROBLEM), "is application/json, not application/problem+json"),
        ("/answers/a", httpx.Response(200, json={"number": 1, "name": None}), "lacks ETag"),
        ("/answers/a", httpx.Response(200, json={"number": "1", "name": ""}, headers={"ETag": "1"}), "number: "),
        ("/answers/a", httpx.Response(200, json={"number": 1}, headers={"ETag": "1"}), '"name" is a required property'),
        ("/answers/a", httpx.Response(200, text="one", headers={"ETag": "1"}), "is text/plain"),
        ("/empty", httpx.Response(204, content=b"a"), "has a body"),
    ],
)
def test_an_answer_is_as_documented_or_its_fault_is_named(
    description: Description, path: str, answer: httpx.Response, fault: str | None
) -> None:
    answer.request = httpx.Request("GET", f"https://muster.example.org{path}")
    found = description.fault(answer)
    assert (found is None) if fault is None else (fault in str(found)), found


async def test_the_call_whose_answer_is_not_as_documented_fails(description: Description) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return RIGHT if request.url.path.endswith("right") else httpx.Response(200, json={}, headers={"ETag": "1"})

    async with httpx.AsyncClient(
        transport=httpx.MockTransport(answer),
        base_url="https://muster.example.org",
        event_hooks=answers_as(lambda: description),
    ) as client:
        await client.get("/answers/right")
        with pytest.raises(AssertionError, match=r"GET /answers/\{kind\}: 200 is not as documented"):
            await client.get("/answers/wrong")


async def test_a_500_passes_where_the_request_says_what_provokes_it(description: Description) -> None:
    async with httpx.AsyncClient(
        transport=httpx.MockTransport(lambda _: httpx.Response(500)),
        base_url="https://muster.example.org",
        event_hooks=answers_as(lambda: description),
    ) as client:
        await client.get("/answers/a", extensions={"provokes": "a bug of the handler"})
        with pytest.raises(AssertionError, match="500 is not documented"):
            await client.get("/answers/a")


def test_every_client_of_a_service_has_the_check() -> None:
    plain = [
        path.relative_to(TESTS).as_posix()
        for path in TESTS.rglob("*.py")
        if (text := path.read_text()).count("httpx.AsyncClient(") > text.count("event_hooks=answers_of(")
    ]
    assert {name for name in plain if not name.startswith("chassis/")} == UNCHECKED.keys() - {"chassis"}
