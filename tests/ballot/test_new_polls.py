"""Which polls are accepted, and which are refused with a reason."""

from uuid import UUID, uuid4

import pytest

from tests.ballot.builders import OPTIONS, new_poll
from tests.ballot.scenario import Scenario


async def test_the_same_poll_may_be_asked_for_again_and_another_under_its_id_may_not(scenario: Scenario) -> None:
    given = new_poll(scenario.union, poll_id=str(uuid4()))
    first, second = [await scenario.client.post("/polls", json=given) for _ in range(2)]
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    other = await scenario.client.post("/polls", json=given | {"title": "Another"})
    assert (other.status_code, other.json()["errors"][0]["field"]) == (409, "poll_id")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"colour": "red"}, "colour"),
        ({"secret": True}, "answer_by"),
        ({"secret": True, "answer_by": ["link"]}, "secret"),
        ({"closes_at": "2020-01-01T00:00:00Z"}, "closes_at"),
        ({"closes_at": "2206-01-01T00:00:00Z"}, "closes_at"),
        ({"closes_at": "2090-01-01T00:00:00"}, "closes_at"),
        ({"closes_at": "9999-12-31T23:59:59-14:00"}, "closes_at"),
        ({"opens_at": "0001-01-01T00:00:00+14:00"}, "opens_at"),
        ({"title": "two\nlines"}, "title"),
        ({"title": " "}, "title"),
        ({"question": "x" * 1001}, "question"),
        ({"body": "../union"}, "body"),
        ({"options": OPTIONS[:1]}, "options"),
        ({"options": [*OPTIONS, {"label": "Stop", "keywords": []}]}, "options.3.label"),
        ({"options": [*OPTIONS, {"label": "Other", "keywords": ["Vóted."]}]}, "options.3.keywords.0"),
        ({"options": [*OPTIONS, {"label": "Other", "keywords": ["2"]}]}, "options.3.keywords.0"),
        ({"options": [*OPTIONS, {"label": "Other", "effect": "win"}]}, "options.3.effect"),
    ],
)
async def test_a_faulty_poll_is_refused_by_field_and_reason(
    scenario: Scenario, changes: dict[str, object], field: str
) -> None:
    refused = await scenario.client.post("/polls", json=new_poll(scenario.union) | changes)
    assert refused.status_code == 422, refused.text
    assert refused.headers["content-type"] == "application/problem+json"
    faults = {fault["field"]: fault["reason"] for fault in refused.json()["errors"]}
    assert faults[field]


async def test_an_empty_roll_is_refused_and_unknown_polls_are_not_found(scenario: Scenario) -> None:
    made = (await scenario.client.post("/polls", json=new_poll(scenario.union))).json()
    opened = await scenario.client.post(f"/polls/{made['poll_id']}/open")
    assert (opened.status_code, opened.json()["errors"][0]["field"]) == (409, "body")
    assert (await scenario.client.post(f"/polls/{made['poll_id']}/close")).status_code == 409
    for path in ("", "/result", "/turnout", "/answers"):
        assert (await scenario.client.get(f"/polls/{UUID(int=7)}{path}")).status_code == 404
    assert (await scenario.client.get("/polls/nonsense")).status_code == 422
