"""What is refused before a body is read: a method the path does not have, a token, a query parameter."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated

import httpx
import pytest
from chassis.app import Application
from chassis.http.auth import Caller, needs, public
from chassis.http.etags import Expected, IfMatch, OptionalIfMatch, etag
from chassis.http.problems import problems, response_headers
from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel

from tests.chassis.test_parts import STRONG, Settings
from tests.support.tokens import Issuer


class Note(BaseModel, extra="forbid"):
    """What is written down."""

    text: str


class Page(BaseModel):
    """Which page."""

    after: str = ""


notes, others = APIRouter(prefix="/notes"), APIRouter()
Writer = Annotated[Caller, Depends(needs("members:write"))]


@notes.get("")
@public("a test's own")
async def list_notes(page: Annotated[Page, Query()], limit: int = 3) -> Note:
    """Some."""
    return Note(text=f"{page.after} {limit}")


@notes.post("")
async def write_note(note: Note, caller: Writer) -> Note:
    """One more."""
    return note


@others.delete("/notes", status_code=204)
async def clear_notes(caller: Writer) -> None:
    """Away with them."""


@notes.put("/{number}", responses=response_headers(200, "ETag") | problems(404))
async def change_note(number: int, note: Note, expected: IfMatch, response: Response) -> Note:
    """Change one, at version 3."""
    expected.must_match(3)
    response.headers["ETag"] = etag(4)
    return note


@notes.patch("/{number}", status_code=204)
async def touch_note(number: int, expected: OptionalIfMatch) -> None:
    """Change one in place, whatever the version."""
    expected.must_match_if_given(3)


@others.get("/linked")
@public("a link in a message", any_query=True)
async def follow() -> Note:
    """Reached with what a mail program adds."""
    return Note(text="here")


def application(folder: Path, jwks_url: str) -> Application:
    settings = Settings.model_validate({**STRONG, "state_dir": folder, "jwks_url": jwks_url})
    return Application(settings, routers=[notes, others])


@pytest.fixture
async def client(tmp_path: Path, issuer: Issuer) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(application(tmp_path, issuer.jwks_url).api)
    async with httpx.AsyncClient(transport=transport, base_url="https://muster.example.org") as one:
        yield one


def bearer(issuer: Issuer, scopes: str = "members:write") -> dict[str, str]:
    return {"Authorization": f"Bearer {issuer.token(scopes)}", "Content-Type": "application/json"}


def faults(answer: httpx.Response) -> tuple[int, list[str]]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, [fault["field"] for fault in answer.json().get("errors", ())]


async def test_broken_json_of_a_stranger_is_a_401(client: httpx.AsyncClient, issuer: Issuer) -> None:
    json = {"Content-Type": "application/json"}
    assert faults(await client.post("/notes", content=b"{", headers=json)) == (401, [])
    assert faults(await client.post("/notes", content=b"{", headers=bearer(issuer, "polls:read"))) == (403, [])
    assert faults(await client.post("/notes", content=b"{", headers=bearer(issuer))) == (422, ["body"])


async def test_an_unknown_query_parameter_is_refused_by_its_name(client: httpx.AsyncClient, issuer: Issuer) -> None:
    assert (await client.get("/notes", params={"limit": 5, "after": "a"})).json() == {"text": "a 5"}
    answer = await client.get("/notes", params={"limt": 5, "after": "a", "x.y": ""})
    assert faults(answer) == (422, ["limt", "x.y"])
    assert faults(await client.delete("/notes?all=true", headers=bearer(issuer))) == (422, ["all"])
    assert faults(await client.delete("/notes?all=true")) == (401, [])


async def test_a_link_may_come_with_parameters_of_a_mail_program(client: httpx.AsyncClient) -> None:
    assert (await client.get("/linked?utm_source=mail")).status_code == 200
    assert (await client.get("/healthz?probe=1")).status_code == 200


async def test_a_405_names_every_method_of_the_path_whichever_router_has_it(client: httpx.AsyncClient) -> None:
    answer = await client.put("/notes", content=b"{", headers={"Content-Type": "application/json"})
    assert faults(answer) == (405, [])
    assert answer.headers["allow"] == "DELETE, GET, POST"
    assert (await client.post("/notes/7")).headers["allow"] == "PATCH, PUT"


async def test_if_match_is_needed_to_change_and_names_the_version(client: httpx.AsyncClient) -> None:
    async def change(tag: str | None, method: str = "PUT") -> int:
        headers = {} if tag is None else {"If-Match": tag}
        return (await client.request(method, "/notes/7", json={"text": "a"}, headers=headers)).status_code

    tags = (None, '"3"', "*", '"2", "3"', '"2"', 'W/"3"', "3")
    assert [await change(tag) for tag in tags] == [428, 200, 200, 200, 412, 412, 422]
    assert [await change(tag, "PATCH") for tag in tags] == [204, 204, 204, 204, 412, 412, 422]
    assert (await client.put("/notes/7", json={"text": "a"}, headers={"If-Match": "*"})).headers["etag"] == '"4"'
    assert faults(await client.put("/notes/7", json={"text": 3})) == (428, ["If-Match"])
    with pytest.raises(Exception, match="If-Match"):
        Expected().must_match(3)
    Expected().must_match(None)


def test_the_document_says_what_the_chassis_does_at_every_route(tmp_path: Path) -> None:
    document = application(tmp_path, "").api.openapi()
    paths = document["paths"]
    told = {each["operationId"]: each for methods in paths.values() for each in methods.values()}
    assert {name: sorted(map(int, each["responses"])) for name, each in told.items()} == {
        "list_notes": [200, 422, 503],
        "write_note": [200, 401, 403, 413, 422, 503],
        "clear_notes": [204, 401, 403, 422, 503],
        "change_note": [200, 404, 412, 413, 422, 428, 503],
        "touch_note": [204, 412, 422, 503],
        "follow": [200, 503],
    }
    assert told["write_note"]["security"] == [{"bearer": ["members:write"]}]
    assert told["write_note"]["description"] == "One more.\n\nScope: `members:write`."
    assert told["list_notes"]["security"] == []
    assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    headers = {
        name: [(each["name"], each["required"]) for each in told[name]["parameters"]][-1]
        for name in told
        if name.endswith("_note") and "parameters" in told[name]
    }
    assert headers == {"change_note": ("if-match", True), "touch_note": ("if-match", False)}
    assert told["change_note"]["responses"]["200"]["headers"].keys() == {"ETag"}
    problem = document["components"]["responses"]["Refused"]["content"]["application/problem+json"]
    assert problem["schema"] == {"$ref": "#/components/schemas/Problem"}
    assert not {"HTTPValidationError", "ValidationError"} & document["components"]["schemas"].keys()
    assert "HTTPValidationError" not in str(document)
