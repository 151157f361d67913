"""A roll imported over REST."""

import csv
import io
from functools import partial
from typing import Any
from uuid import UUID

from tests.members.roll_files import roll
from tests.members.service import Running
from tests.support.facts import eventually

CSV = {"content-type": "text/csv; charset=utf-8"}


async def upload(members: Running, data: bytes, **headers: str) -> dict[str, Any]:
    """The file sent, and its check queued."""
    answer = await members.http.post("/imports", content=data, headers=CSV | headers)
    assert answer.status_code == 202, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def reached(members: Running, import_id: str, state: str) -> None:
    """Until it is in this state, by the test's own connection: the service is asked nothing meanwhile."""
    query = "SELECT state = $2 FROM imports WHERE import_id = $1"
    async with members.connected() as connection:
        await eventually(partial(connection.fetchval, query, UUID(import_id), state), within=300)


async def read(members: Running, import_id: str) -> dict[str, Any]:
    """The import when its check has ended."""

    async def look() -> dict[str, Any]:
        body: dict[str, Any] = (await members.http.get(f"/imports/{import_id}")).json()
        return body

    found: dict[str, Any] = await eventually(look, until=lambda body: body["state"] not in ("queued", "checking"))
    return found


async def check(members: Running, data: bytes) -> dict[str, Any]:
    """The first step, to its end."""
    found = await read(members, (await upload(members, data))["import_id"])
    assert found["state"] == "checked", found
    return found


async def apply(members: Running, import_id: str, **given: Any) -> dict[str, Any]:
    """The second step, to its end."""
    answer = await members.http.post(f"/imports/{import_id}/apply", params=given)
    assert answer.status_code == 202, answer.text
    await reached(members, import_id, "applied")
    body: dict[str, Any] = (await members.http.get(f"/imports/{import_id}")).json()
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
