"""The journal's files: torn lines, shared fsyncs."""

import asyncio
from pathlib import Path

from sandbox.journal.journal import Journal
from sandbox.journal.lines import DELETIONS, Deletion


def line(number: int) -> Deletion:
    """A line with a number in it."""
    return Deletion(reference=str(number), what="deleted", at="2026-01-01T00:00:00.000000+00:00")


async def test_a_torn_last_line_is_passed_over_and_the_next_stands_by_itself(tmp_path: Path) -> None:
    journal = Journal(tmp_path, fsync=False)
    journal.deletions.append(line(1))
    journal.close()
    with (tmp_path / "deletions.jsonl").open("ab") as file:
        file.write(b'{"reference": "2", "wh')
    assert list(DELETIONS.lines(tmp_path)) == [line(1)]
    journal = Journal(tmp_path, fsync=False)
    journal.deletions.append(line(3))
    assert [found for _, found in journal.deletions.read()] == [line(1), line(3)]
    assert [position.read() for position, _ in journal.deletions.read()] == [line(1), line(3)]
    assert list(DELETIONS.lines(tmp_path)) == [line(1), line(3)]
    journal.close()


async def test_with_fsync_many_writers_share_few_rounds(tmp_path: Path) -> None:
    journal = Journal(tmp_path, fsync=True)

    async def write(number: int) -> None:
        journal.deletions.append(line(number))
        await journal.flush()

    await asyncio.gather(*(write(number) for number in range(500)))
    assert not journal.deletions.dirty
    assert [found for _, found in journal.deletions.read()] == [line(number) for number in range(500)]
    assert journal.rounds < 50
    journal.close()
