"""A roll whose check or application is killed goes on where it was, and memory does not grow with it."""

import asyncio
import multiprocessing
import resource
import time
import tracemalloc
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from uuid import UUID

import pytest
from chassis.clock import Clock
from chassis.db.database import Database
from chassis.http.auth import Caller
from chassis.http.etags import Expected
from chassis.wakeup import Wakeup
from members.domain.units import UnitKind
from members.models.imports import ImportRow
from members.service.change_writer import ChangeWriter
from members.service.imports.apply import ImportApplication
from members.service.imports.check import ImportCheck
from members.service.imports.reports import ImportReports, Report
from members.service.imports.uploads import ImportUploads
from members.service.units import Units
from members.settings import Settings

from tests.members.roll_files import person, roll
from tests.support.facts import eventually
from tests.support.statements import sent_to
from tests.support.world import World

CALLER = Caller("roll office", frozenset(), None, "")
ROWS = 5_000


@dataclass
class Office:
    """The service's parts that import a roll, without the background step that would check it."""

    settings: Settings
    database: Database
    uploads: ImportUploads
    reports: ImportReports
    check: ImportCheck
    application: ImportApplication

    async def receive(self, rows: int) -> UUID:
        """A roll of so many people, sent as it is made."""
        return (await self.uploads.receive(parts(rows), CALLER, None)).checked.import_id

    async def checked(self, import_id: UUID) -> Report:
        """Its report, once this process has checked it to its end."""
        while await self.check.step():
            pass
        return await self.reports.get(import_id)


def office_of(settings: Settings) -> Office:
    clock, database = Clock(), Database(settings.database_url)
    writer = ChangeWriter(settings, clock)
    steps = ImportCheck(database, writer), ImportApplication(database, writer, Wakeup())
    return Office(settings, database, ImportUploads(database, clock, Wakeup()), ImportReports(database), *steps)


@pytest.fixture(scope="module")
async def office(world: World) -> AsyncIterator[Office]:
    made = office_of(world.settings(Settings))
    units = Units(made.database, Clock())
    for body, kind, parent in (("union", UnitKind.UNION, None), ("leeds", UnitKind.BRANCH, "union")):
        await units.put(body, kind, body.title(), parent, Expected())
    yield made
    await made.database.close()


async def parts(rows: int) -> AsyncIterator[bytes]:
    yield roll([])
    for first in range(0, rows, 1000):
        yield b"".join(_lines(range(first, min(first + 1000, rows))))


def _lines(numbers: Iterable[int]) -> Iterable[bytes]:
    cells = {"employer": "City College", "job": "lecturer", "language": "en", "time_zone": "Europe/London"}
    for number in numbers:
        contacts = {"mobile": f"07400 {number % 900_000 + 100_000}", "email": f"u{number}@example.org"}
        yield roll([person(f"U{number}", **cells, **contacts)]).partition(b"\r\n")[2]


def work_endlessly(settings: Settings) -> None:
    async def work() -> None:
        office = office_of(settings)
        while True:
            await office.check.step()
            await office.application.step()

    asyncio.run(work())


async def killed(office: Office, import_id: UUID, begun: Callable[[ImportRow], int]) -> ImportRow:
    """The import after a process that worked on it was killed, having begun."""
    process = multiprocessing.get_context("spawn").Process(target=work_endlessly, args=(office.settings,))
    process.start()

    async def look() -> int:
        return begun((await office.reports.get(import_id)).checked)

    await eventually(look)
    process.kill()
    process.join()
    return (await office.reports.get(import_id)).checked


async def test_a_check_that_is_killed_goes_on_in_another_process(office: Office) -> None:
    import_id = await office.receive(ROWS)
    left = await killed(office, import_id, lambda row: row.rows)
    assert (left.state, left.rows < ROWS) == ("checking", True)
    report = await office.checked(import_id)
    assert (report.checked.state, report.checked.rows, report.checked.new) == ("checked", ROWS, ROWS)
    assert (report.rejected, report.checked.line, report.checked.lines) == (0, ROWS + 1, ROWS + 1)


async def test_a_roll_whose_application_is_killed_goes_on_in_another_process(office: Office) -> None:
    report = await office.checked(await office.receive(ROWS + 1))
    import_id, people = report.checked.import_id, report.checked.people
    await office.application.begin(import_id, lift_stops=False)
    left = await killed(office, import_id, lambda row: sum(row.outcomes.values()))
    assert (left.state, sum(left.outcomes.values()) < people) == ("applying", True)
    while await office.application.step():
        pass
    applied = (await office.reports.get(import_id)).checked
    assert (applied.state, sum(applied.outcomes.values())) == ("applied", people)


async def test_two_processes_that_check_the_same_part_store_it_once(office: Office) -> None:
    import_id = await office.receive(500)
    other = office_of(office.settings)
    await asyncio.gather(office.check.step(), other.check.step())
    await other.database.close()
    report = await office.checked(import_id)
    assert (report.checked.rows, report.checked.people, report.rejected) == (500, 500, 0)


async def test_a_small_roll_does_not_wait_behind_a_large_one(office: Office) -> None:
    large, small = await office.receive(2_600), await office.receive(60)
    for _ in range(2):
        await office.check.step()
    assert [(await office.reports.get(each)).checked.rows for each in (large, small)] == [0, 60]
    assert (await office.reports.get(small)).checked.state == "checked"
    await office.checked(large)


async def test_a_large_roll_takes_a_few_statements_for_each_thousand(office: Office) -> None:
    """From its upload until it is applied; nothing else is asked of the database meanwhile."""
    with sent_to(office.database) as sent:
        report = await office.checked(await office.receive(5_500))
        await office.application.begin(report.checked.import_id, lift_stops=False)
        while await office.application.step():
            pass
    applied = (await office.reports.get(report.checked.import_id)).checked
    assert (applied.state, sum(applied.outcomes.values())) == ("applied", 5_500)
    assert len(sent) < 500, f"{len(sent)} statements for 5,500 people"


async def peak(office: Office, rows: int) -> int:
    """The most bytes that sending and checking a roll held at a time."""
    tracemalloc.start()
    try:
        report = await office.checked(await office.receive(rows))
        assert report.checked.people == rows
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


async def test_memory_does_not_grow_with_the_roll(office: Office) -> None:
    await peak(office, 100)
    small, large = await peak(office, 2_500), await peak(office, 7_500)
    assert large < 1.3 * small


@pytest.mark.long
async def test_memory_does_not_grow_with_a_roll_of_a_million(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    """Prints how long it takes and the most that the sending and checking process holds."""
    await peak(office, 100)
    small, began = await peak(office, 3_001), time.monotonic()
    large = await peak(office, 1_000_000)
    took, resident = time.monotonic() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with capsys.disabled():
        print(  # noqa: T201 - asked for
            f"\n1,000,000 rows sent and checked in {took:.0f} s; {large / 2**20:.1f} MiB allocated at most, "
            f"3,001 rows {small / 2**20:.1f}; process {resident / 1024:.0f} MiB"
        )
    assert large < 1.3 * small
