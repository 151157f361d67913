"""Reports of a roll are read a page at a time."""

from collections.abc import AsyncIterator, Sequence
from typing import TypeVar
from uuid import UUID

from chassis.db.database import Database
from members.service.imports.reports import ImportReports

from tests.members.import_requests import check, imported
from tests.members.roll_files import person, roll
from tests.members.service import Running

T = TypeVar("T")


async def every(pages: AsyncIterator[Sequence[T]]) -> list[T]:
    found: list[T] = []
    async for page in pages:
        assert len(page) <= 2
        found += page
    return found


async def test_no_row_is_lost_or_repeated_between_the_pages_of_a_report(members: Running) -> None:
    await members.http.put("/bodies/cork", json={"kind": "branch", "name": "Cork", "parent": "north"})
    await imported(members, *(person(f"P{number}", branch="cork") for number in range(6)))
    double = [person(f"Q{number}", mobile="12", email="x", branch="cork") for number in range(5)]
    report = await check(members, roll([person("P0", branch="cork"), *double]))
    database = Database(members.settings.database_url)
    reports = ImportReports(database, rows=2)
    import_id = UUID(report["import_id"])
    _, rejected = await reports.rejected(import_id)
    rows = await every(rejected)
    assert len({row.id for row in rows}) == len(rows) == report["rejected"] >= 5
    assert [row.line for row in rows] == sorted(row.line for row in rows)
    left = [one.membership_number for one in await every(await reports.leavers(import_id))]
    assert left == [f"P{number}" for number in range(1, 6)]
    await database.close()
