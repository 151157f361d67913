"""A roll imported over REST."""

import csv
import io
from typing import Any

from tests.members.roll_files import roll
from tests.members.service import Running

CSV = {"content-type": "text/csv; charset=utf-8"}


async def check(members: Running, data: bytes) -> dict[str, Any]:
    """The first step."""
    answer = await members.http.post("/imports", content=data, headers=CSV)
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def apply(members: Running, import_id: str) -> dict[str, Any]:
    """The second step."""
    answer = await members.http.post(f"/imports/{import_id}/apply", timeout=300)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def imported(members: Running, *rows: dict[str, str]) -> dict[str, Any]:
    """Both, of these rows."""
    return await apply(members, (await check(members, roll(rows)))["import_id"])


async def one(members: Running, number: str) -> dict[str, Any]:
    """The only member of a number."""
    (member,) = await found(members, number)
    return member


async def found(members: Running, number: str) -> list[dict[str, Any]]:
    """Members of a number."""
    answer = await members.http.get("/members", params={"membership_number": number})
    body: list[dict[str, Any]] = answer.json()["members"]
    return body


async def lines(members: Running, url: str) -> list[dict[str, str]]:
    """A CSV answer, row by row."""
    answer = await members.http.get(url)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.text)))
