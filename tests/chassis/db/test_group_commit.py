"""Many callers share a transaction, but not the fate of one of them."""

import asyncio
from collections.abc import Sequence

import pytest
from chassis.db.group_commit import GroupCommit
from chassis.errors import Unavailable


async def outcomes(batcher: GroupCommit[int], *items: int) -> list[BaseException | None]:
    return await asyncio.gather(*(batcher.put(item) for item in items), return_exceptions=True)


async def test_one_that_cannot_be_written_fails_alone() -> None:
    written: list[int] = []

    async def write(items: Sequence[int]) -> None:
        if 300 in items:
            raise ValueError("300")
        written.extend(items)

    found = await outcomes(GroupCommit(write, most=400), *range(400))
    assert [item for item, error in enumerate(found) if error] == [300]
    assert isinstance(found[300], ValueError)
    assert written == [item for item in range(400) if item != 300], "each once, in order"


async def test_of_a_batch_that_is_halved_what_the_database_no_longer_takes_is_unavailable_and_the_rest_is_not() -> None:
    calls: list[int] = []

    async def write(items: Sequence[int]) -> None:
        calls.append(len(items))
        if len(calls) == 1:
            raise ValueError("together")
        if len(calls) == 3:
            raise Unavailable("the database is away")

    found = await outcomes(GroupCommit(write, most=4), *range(4))
    assert calls == [4, 2, 2], "not halved for want of a database"
    assert [isinstance(error, Unavailable) for error in found] == [False, False, True, True]


async def test_a_batch_that_is_cancelled_is_cancelled_for_all() -> None:
    begun = asyncio.Event()

    async def write(_: Sequence[int]) -> None:
        begun.set()
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(GroupCommit(write, most=4).put(1), 10)
    assert begun.is_set()
