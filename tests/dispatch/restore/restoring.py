"""What a restored ledger is made to look like, and the start of a process upon it."""

import asyncio

from sqlalchemy import text

from tests.dispatch.house import House

_REQUESTED_AGAIN = """
UPDATE deliveries SET state = 'requested', gen = 0, rev = 0, published_rev = 0, reference = NULL, passed = '[]'
"""


async def compared(house: House) -> None:
    """What a new process does before anything else."""
    house.restart()
    comparing = asyncio.create_task(house.dispatch.recovery.run())
    await asyncio.wait_for(house.dispatch.recovery.known.wait(), 60)
    comparing.cancel()
    await asyncio.gather(comparing, return_exceptions=True)


async def missed(house: House, seconds: float) -> None:
    """As `chassis.db.restore_guard` leaves it."""
    await house.rows_changed(
        "INSERT INTO beats (process, beat, missed_since) VALUES"
        f" (gen_random_uuid(), 0, clock_timestamp() - interval '{seconds} seconds')"
    )


async def as_before_the_claim(house: House, *, but_heard: bool = False) -> None:
    """What a backup holds that was taken after the admission and before the claim: no deliveries had been read yet."""
    if not but_heard:
        await house.rows_changed("DELETE FROM consumed WHERE consumer_group = 'deliveries'")
    await house.rows_changed("DELETE FROM attempts")
    await house.rows_changed("DELETE FROM served")
    async with house.database.transaction() as session:
        await session.execute(text("SET LOCAL session_replication_role = replica"))  # no trigger: this never happens
        await session.execute(text(_REQUESTED_AGAIN))
